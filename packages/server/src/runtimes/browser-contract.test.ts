import type { Egress } from '../core/ports.ts'
import { browserContract, browserEgressContract, noBrowserContract } from '../testing/runtime-contract/browser.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { temporaryWorld } from '../testing/temporary-world.ts'

function world(environment: Readonly<Record<string, string>>, egress?: Egress): Promise<RuntimeWorld> {
  const way = egress === undefined ? {} : { egress }
  return temporaryWorld(() => ({ sandbox: 'bubblewrap', environment, limits: { silenceMs: 60_000 }, ...way }))
}

const none = { CHROMIUM: '/nowhere/chromium' }

browserContract('bubblewrap', () => world({}))
noBrowserContract('bubblewrap', () => world(none))
browserEgressContract('bubblewrap', egress => world({}, egress))
browserEgressContract('bubblewrap without a browser', egress => world(none, egress))
