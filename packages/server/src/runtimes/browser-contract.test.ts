import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Egress } from '../core/ports.ts'
import { browserContract, browserEgressContract, noBrowserContract } from '../testing/runtime-contract/browser.ts'
import type { RuntimeWorld } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

async function world(environment: Readonly<Record<string, string>>, egress?: Egress): Promise<RuntimeWorld> {
  const root = await mkdtemp(join(tmpdir(), 'openhands-browser-'))
  let count = 0
  return {
    runtimes: createRuntimes({
      sandbox: 'bubblewrap',
      dataDirectory: root,
      environment,
      limits: { silenceMs: 60_000 },
      ...(egress === undefined ? {} : { egress }),
    }),
    directory: async () => {
      const directory = join(root, `workspace-${++count}`)
      await mkdir(directory)
      return directory
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
}

const none = { CHROMIUM: '/nowhere/chromium' }

browserContract('bubblewrap', () => world({}))
noBrowserContract('bubblewrap', () => world(none))
browserEgressContract('bubblewrap', egress => world({}, egress))
browserEgressContract('bubblewrap without a browser', egress => world(none, egress))
