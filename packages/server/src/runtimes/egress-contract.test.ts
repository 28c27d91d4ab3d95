import { egressContract } from '../testing/runtime-contract/egress.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

egressContract('bubblewrap', egress =>
  temporaryWorld(() => ({ sandbox: 'bubblewrap', egress, limits: { silenceMs: 60_000 } })),
)
