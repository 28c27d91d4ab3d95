import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionId } from '@openhands/protocol'
import type { Config, ParsedConfig } from '../config.ts'
import {
  type Finding,
  type Limit,
  ModelError,
  type Models,
  type Runtime,
  type Runtimes,
  type Secrets,
} from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { modelsOf, runtimesOf } from '../parts.ts'
import { openSecretStore } from '../stores/secret-store.ts'
import { createLog } from './log.ts'

/** How long, in milliseconds, one thing may take before it counts as not working. */
const PATIENCE_MS = 60_000

/** Programs that tools need inside the sandbox, by the names they may have, and what is missing without them. */
const programs = [
  { names: ['git'], about: 'git', without: 'no checkpoints and no list of changes', package: 'git' },
  { names: ['python3'], about: 'Python', without: 'no Python cells', package: 'python3' },
  {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    about: 'browser',
    without: 'pages are read as they are sent, and cannot be acted on',
    package: 'chromium',
  },
] as const

/** Says what this machine can do, and how to mend what it cannot. Resolves to 0 when everything that is needed is there. */
export async function doctor({ config, warnings, json }: ParsedConfig): Promise<number> {
  const log = createLog({ logLevel: 'error' })
  const findings: Finding[] = warnings.map(found => ({ about: 'settings', ok: false, found }))
  const say = (finding: Finding): void => {
    findings.push(finding)
    if (!json) process.stdout.write(linesOf(finding))
  }
  say({ about: 'Node.js', ok: true, found: `${process.version} on ${process.platform}-${process.arch}` })
  const folder = await dataFolder(config)
  say(folder)
  let works = folder.ok
  if (folder.ok) {
    const secrets = await openSecretStore(config.dataDir)
    const runtimes = runtimesOf(config, secrets)
    for (const finding of await runtimes.probe()) say(finding)
    const tried = await trySandbox(config, runtimes)
    for (const finding of tried.findings) say(finding)
    works = tried.works
    await probeOther(config, secrets, say)
  }
  say(egressOf(config))
  say(await tryModel(modelsOf(config, log)))
  if (json) process.stdout.write(`${JSON.stringify({ works, findings }, undefined, 2)}\n`)
  else process.stdout.write(works ? '\nTasks can run here.\n' : '\nTasks cannot run here before this is mended.\n')
  return works ? 0 : 1
}

function linesOf({ ok, about, found, remedy }: Finding): string {
  return `${ok ? 'ok' : '--'}  ${about}: ${found}\n${remedy === undefined ? '' : `    to mend it: ${remedy}\n`}`
}

async function dataFolder({ dataDir }: Config): Promise<Finding> {
  const about = 'data folder'
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    return { about, ok: true, found: dataDir }
  } catch (error) {
    const remedy = `make ${dataDir} writable for this user, or name another with --data-dir`
    return { about, ok: false, found: messageOf(error), remedy }
  }
}

/** Starts the sandbox that sessions get, and looks around in it. */
async function trySandbox(
  config: Config,
  runtimes: Runtimes,
): Promise<{ readonly findings: readonly Finding[]; readonly works: boolean }> {
  const session = SessionId.parse(randomUUID())
  const directory = join(config.dataDir, 'runtime', `doctor-${session}`)
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const begin = performance.now()
    await using runtime = await runtimes.start({ session, directory, onStatus: () => undefined, signal })
    await runtime.run({ command: 'true', isInput: false, timeoutMs: PATIENCE_MS }, signal)
    const took = `a session's sandbox runs commands ${Math.round(performance.now() - begin)} ms after its start`
    const sandbox = { about: `sandbox ${runtime.sandbox}`, ok: true, found: took }
    const limits = { about: 'limits', ok: true, found: limitsOf(runtime.limits) }
    return { findings: [sandbox, limits, ...(await lookForPrograms(runtime, signal))], works: true }
  } catch (error) {
    return { findings: [{ about: `sandbox ${config.sandbox}`, ok: false, found: messageOf(error) }], works: false }
  } finally {
    await rm(directory, { recursive: true, force: true })
    await runtimes.forget(session)
  }
}

function limitsOf(limits: readonly Limit[]): string {
  const size = ({ of, value }: Limit): string =>
    of === 'memory' || of === 'temporary files' || of === 'free disk'
      ? `${(value / 2 ** 30).toFixed(1)} GiB`
      : `${value}`
  const words = limits.map(limit => `${limit.of} ${size(limit)} (${limit.by})`)
  return words.length === 0 ? 'nothing bounds what a session uses' : words.join(', ')
}

async function lookForPrograms(runtime: Runtime, signal: AbortSignal): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  // A session has one shell, so one after the other.
  for (const { names, about, without, package: name } of programs) {
    const command = `command -v ${names.join(' ')} | head -1`
    const { output } = await runtime.run({ command, isInput: false, timeoutMs: PATIENCE_MS }, signal)
    const path = output.trim()
    const remedy = runtime.sandbox === 'docker' ? `use an image that has ${name}` : `apt-get install -y ${name}`
    const missing = { about, ok: false, found: `not in the sandbox: ${without}`, remedy }
    findings.push(path === '' ? missing : { about, ok: true, found: path })
  }
  return findings
}

/** What else could be asked for by name; nothing has to work there. */
async function probeOther(config: Config, secrets: Secrets, say: (finding: Finding) => void): Promise<void> {
  for (const sandbox of ['bubblewrap', 'docker'] as const) {
    if (sandbox === config.sandbox) continue
    const runtimes = runtimesOf({ ...config, sandbox }, secrets)
    const findings = await runtimes.probe()
    const bad = findings.find(({ ok }) => !ok)
    const about = `--sandbox ${sandbox}, if you want it`
    say(bad ? { ...bad, about } : { about, ok: true, found: findings.map(({ found }) => found).join('; ') })
  }
}

function egressOf({ egress, egressAllow = '', sandbox }: Config): Finding {
  const about = 'network of sandboxes'
  if (sandbox === 'local') return { about, ok: true, found: 'that of this machine, since nothing is isolated' }
  const found = {
    none: 'none; allow hosts with --egress-allow HOST, or all public ones with --egress open',
    list: `only ${egressAllow}`,
    open: 'every public host, and nothing private',
  }
  return { about, ok: true, found: found[egress] }
}

/** Asks the configured model for one word. */
async function tryModel(models: Models): Promise<Finding> {
  const about = 'model'
  try {
    const model = models.resolve({})
    if (model.notice !== undefined)
      return { about, ok: false, found: model.notice, remedy: 'set LLM_MODEL and LLM_API_KEY' }
    const begin = performance.now()
    const messages = [{ role: 'user', parts: [{ type: 'text', text: 'Say ok.' }] }] as const
    const request = { session: SessionId.parse(randomUUID()), messages, tools: [] }
    for await (const _ of model.stream(request, AbortSignal.timeout(PATIENCE_MS)));
    return { about, ok: true, found: `${model.name} answered after ${Math.round(performance.now() - begin)} ms` }
  } catch (error) {
    const found = messageOf(error)
    if (error instanceof ModelError) return { about, ok: false, found }
    return { about, ok: false, found, remedy: 'see whether LLM_BASE_URL can be reached from this machine' }
  }
}
