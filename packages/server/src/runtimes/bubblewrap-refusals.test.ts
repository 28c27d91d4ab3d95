import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Finding } from '../core/ports.ts'
import { RuntimesProcess } from '../testing/runtimes-process.ts'
import type { RuntimesOptions } from './catalogue.ts'
import { systemCallFilter } from './system-call-filter.ts'

const uid = 10_001
const isRoot = process.geteuid?.() === 0
/** An ordinary user; the test's own where that is one. */
const asUser = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'] : []
const session = '1'.repeat(32)

describe('machines on which bubblewrap cannot work', { timeout: 300_000 }, () => {
  let root: string
  let count = 0
  before(async () => {
    root = await mkdtemp('/tmp/openhands-refusals-')
    await chmod(root, 0o755)
  })
  after(() => rm(root, { recursive: true, force: true }))

  interface Attempt {
    readonly error: Error | undefined
    readonly findings: readonly Finding[]
    readonly milliseconds: number
  }
  /** Starts a sandbox in a server that is started by `prefix`, and has it test itself. */
  const attempt = async (
    prefix: readonly string[],
    options: Partial<RuntimesOptions> = {},
    owner = uid,
  ): Promise<Attempt> => {
    const folder = join(root, String(++count))
    for (const path of [folder, join(folder, 'data'), join(folder, 'workspace')]) {
      await mkdir(path)
      if (isRoot) await chown(path, owner, owner)
    }
    const all: RuntimesOptions = { sandbox: 'bubblewrap', dataDirectory: join(folder, 'data'), ...options }
    await using server = new RuntimesProcess({ options: all, prefix })
    // The first use prepares the files of the executor.
    const findings = await server.call('probe')
    const begin = performance.now()
    const started = server.start(session, join(folder, 'workspace'))
    const ran = started.then(runtime => runtime.run('touch ran'))
    const error = await ran.then(
      () => undefined,
      (reason: Error) => reason,
    )
    assert.equal(existsSync(join(folder, 'workspace/ran')), error === undefined)
    return { error, findings, milliseconds: performance.now() - begin }
  }
  const refused = ({ error, findings, milliseconds }: Attempt, cause: RegExp, remedy: RegExp): void => {
    assert.match(error?.message ?? 'it started', cause)
    assert.match(error?.message ?? '', remedy)
    assert.ok(milliseconds < 5000)
    const found = findings.filter(finding => !finding.ok)
    assert.ok(
      found.some(finding => remedy.test(finding.remedy ?? '')),
      JSON.stringify(findings),
    )
    assert.ok(!findings.some(finding => finding.about === 'isolation' && finding.ok))
  }

  test('[P23] an ordinary user needs nothing more, and the self-test shows it', async () => {
    const { error, findings } = await attempt(asUser)
    assert.equal(error, undefined)
    for (const about of ['bubblewrap', 'name spaces', 'sandbox', 'system call filter', 'isolation'])
      assert.equal(findings.find(finding => finding.about === about)?.ok, true, about)
    assert.match(JSON.stringify(findings), /All \d\d attempts to get out of a sandbox have failed/)
  })

  test('[P23] a workspace behind a link is the folder that it leads to', async () => {
    const folder = join(root, String(++count))
    for (const path of [folder, join(folder, 'data'), join(folder, 'real')]) await mkdir(path)
    await symlink('real', join(folder, 'workspace'))
    const options: RuntimesOptions = { sandbox: 'bubblewrap', dataDirectory: join(folder, 'data') }
    await using server = new RuntimesProcess({ options })
    const runtime = await server.start(session, join(folder, 'workspace'))
    assert.equal((await runtime.run('echo x > f; cat f')).output, 'x\n')
    assert.ok(existsSync(join(folder, 'real/f')))
  })

  for (const kind of ['user', 'net', 'mnt', 'pid'] as const) {
    test(`[P23] [S26] without name spaces of kind ${kind} nothing runs, and the switch is named`, async () => {
      const file = `/proc/sys/user/max_${kind}_namespaces`
      const lost = 'setpriv --ambient-caps=-all --inh-caps=-all --'
      // The bound holds in a name space of users of the test's own, and in all below it.
      const own = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--keep-caps', '--']
      const prefix = [...asUser, ...own, 'sh', '-c', `echo 0 > ${file} && exec ${lost} "$@"`, 'sh']
      refused(
        await attempt(prefix),
        new RegExp(`bubblewrap could not be started[\\s\\S]*denied by ${file}`),
        new RegExp(`sysctl -w user\\.max_${kind}_namespaces=\\d+`),
      )
    })
  }

  test('[P23] [S26] where a filter denies name spaces, as in containers, nothing runs, and it is named', async () => {
    const filter = systemCallFilter(process.arch)
    assert.ok(filter !== undefined)
    const file = join(root, 'filter')
    await writeFile(file, filter)
    const bare = ['bwrap', '--dev-bind', '/', '/', '--seccomp', '9', '--']
    const prefix = [...asUser, 'sh', '-c', `exec "$@" 9<${file}`, 'sh', ...bare]
    refused(await attempt(prefix), /bubblewrap could not be started/, /seccomp=unconfined/)
  })

  if (isRoot) {
    test('[P23] [S26] root without rights, as in most containers, is told to be an ordinary user', async () => {
      const prefix = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--']
      refused(await attempt(prefix, {}, 0), /Root cannot give the workspace/, /run the server as an ordinary user/)
    })
  }

  test('[P23] [S26] a program that is no bubblewrap is not believed, and a broken one is told', async () => {
    const fake = join(root, 'fake')
    await writeFile(fake, '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
    await chmod(fake, 0o755)
    const { error, findings } = await attempt(asUser, { bubblewrap: fake })
    assert.match(error?.message ?? '', /could not be started/)
    assert.equal(findings[0]?.ok, false)
    assert.match(findings[0]?.remedy ?? '', /apt-get install -y bubblewrap/)
    const none = await attempt(asUser, { bubblewrap: join(root, 'none') })
    refused(none, /is not there/, /apt-get install -y bubblewrap/)
  })

  test('[S26] a profile that bubblewrap does not take starts nothing', async () => {
    const { error } = await attempt(asUser, { limits: { temporaryBytes: Number.NaN } })
    assert.match(error?.message ?? '', /bubblewrap could not be started[\s\S]*size/)
  })

  test('[S26] no isolation is said to be none', async () => {
    const { findings } = await attempt(asUser, { sandbox: 'local' })
    assert.match(JSON.stringify(findings[0]), /"about":"isolation","ok":false.*There is none.*--sandbox bubblewrap/)
  })
})
