import { runtimeContract } from '../testing/runtime-contract.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

runtimeContract('local', () => temporaryWorld(() => ({ sandbox: 'local', limits: { silenceMs: 2500 } })))
