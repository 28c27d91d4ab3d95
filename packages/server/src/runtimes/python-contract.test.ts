import { pythonContract } from '../testing/runtime-contract/python.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

for (const sandbox of ['bubblewrap', 'local'] as const)
  pythonContract(sandbox, () => temporaryWorld(() => ({ sandbox, limits: { silenceMs: 60_000 } })))
