// The processor's architecture by the name that Go has for it, which is the one that the container world uses.

const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

export const goArchitecture: string = names[process.arch] ?? process.arch;
