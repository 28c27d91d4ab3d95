import { shellContract } from '../testing/runtime-contract/shell.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

for (const sandbox of ['bubblewrap', 'local'] as const)
  shellContract(`shell over ${sandbox}`, () => temporaryWorld(() => ({ sandbox, limits: { silenceMs: 2500 } })))
