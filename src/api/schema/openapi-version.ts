// The OpenAPI v3 document of /version, which is no kind (api.md §2, §3).

const text = (description: string) => ({ type: 'string', default: '', description });

const info = {
  description: 'What the server says of itself.',
  type: 'object',
  required: [
    'major',
    'minor',
    'gitVersion',
    'gitCommit',
    'gitTreeState',
    'buildDate',
    'goVersion',
    'compiler',
    'platform',
  ],
  properties: {
    major: text('First number of the version of the API.'),
    minor: text('Second number of the version of the API.'),
    gitVersion: text('The whole version, which clients compare with their own.'),
    gitCommit: text('The commit that it was built from.'),
    gitTreeState: text('Whether anything was changed since that commit.'),
    buildDate: text('When it was built.'),
    goVersion: text('What runs it.'),
    compiler: text('What compiled it.'),
    platform: text('Operating system and processor.'),
  },
};

export const openApiVersion = (): object => ({
  openapi: '3.0.0',
  info: { title: 'Portolan', version: 'unversioned' },
  paths: {
    '/version/': {
      get: {
        tags: ['version'],
        description: 'Tells the version of the server.',
        operationId: 'getCodeVersion',
        responses: {
          200: {
            description: 'OK',
            content: {
              'application/json': { schema: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.version.Info' } },
            },
          },
        },
      },
    },
  },
  components: { schemas: { 'io.k8s.apimachinery.pkg.version.Info': info } },
});
