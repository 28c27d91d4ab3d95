import { terminalsContract } from '../testing/runtime-contract/terminals.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

for (const sandbox of ['bubblewrap', 'local'] as const)
  terminalsContract(`terminals over ${sandbox}`, () =>
    temporaryWorld(root => ({
      sandbox,
      // A person's shell reads that person's start-up files, and those of whoever runs the tests may do anything.
      ...(sandbox === 'local' ? { environment: { HOME: root } } : {}),
      limits: { silenceMs: 2500 },
    })),
  )
