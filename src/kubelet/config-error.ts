/** The pod asks for something that is missing or not supported: the container waits with CreateContainerConfigError. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
