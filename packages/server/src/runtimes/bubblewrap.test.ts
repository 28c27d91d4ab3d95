import { runtimeContract } from '../testing/runtime-contract.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

runtimeContract('bubblewrap', () => temporaryWorld(() => ({ sandbox: 'bubblewrap', limits: { silenceMs: 2500 } })))
