// The server against every kubectl that is installed, 1.27 to 1.33: stories of shell lines, told side by side in namespaces of
// their own. The oldest and the newest tell all of them, those between a short one.

import { after, before, describe, test } from 'node:test';
import { TestApi } from './api-harness.ts';
import { whyNoCluster } from './harness.ts';
import { findKubectls, supported } from './kubectls.ts';
import { storiesFor } from './stories/index.ts';
import { Teller } from './story.ts';

const kubectls = findKubectls();
const found = { oldest: kubectls[0]?.minor ?? 0, newest: kubectls.at(-1)?.minor ?? 0 };

describe('every kubectl that is installed', { skip: whyNoCluster() }, () => {
  let api: TestApi;
  before(async () => {
    api = await TestApi.start();
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
  });

  for (let minor = supported.oldest; minor <= supported.newest; minor++) {
    const kubectl = kubectls.find((one) => one.minor === minor);
    if (!kubectl) {
      test(`kubectl 1.${minor}`, { skip: 'not on this machine' }, () => {});
      continue;
    }
    describe(`kubectl ${kubectl.version}`, { concurrency: 3 }, () => {
      let teller: Teller;
      before(() => {
        teller = new Teller(api, kubectl);
      });
      for (const story of storiesFor(minor, found))
        test(`kubectl 1.${minor}, ${story.title}`, () => teller.tell(story));
    });
  }
});
