import { filesContract } from '../testing/runtime-contract/files.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

for (const sandbox of ['bubblewrap', 'local'] as const)
  filesContract(sandbox, () => temporaryWorld(() => ({ sandbox, limits: { silenceMs: 60_000 } })))
