/** One idempotent set-up: looks, decides, does what is missing, says each thing it does, and nothing when nothing is. */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { runChild } from './child.mjs'
import { isOnPath, lookAt, projectNode, stampPackages } from './machine.mjs'
import { pageDigest, stampPage } from './page.mjs'
import { withLock } from './setup-lock.mjs'
import { plan } from './setup-plan.mjs'

const LOG_EXCERPT_LINES = 15

/** Set-up cannot go on. The message is for the user; `end` says how the program that failed ended. */
export class SetupError extends Error {
  constructor(message, end) {
    super(message)
    this.end = end
  }
}

/**
 * Makes the folder ready for a verb and resolves to `{node, env}`: the Node to run it with and its environment.
 * Rejects with a SetupError when the verb cannot run. `say` gets a line for each thing that is done.
 */
export async function setUp(root, options, say) {
  const steps = plan(lookAt(root), options)
  if (steps.some(changesFolder)) await underLock(root, options, say)
  else await carryOut(root, steps, say)
  const node = projectNode(root)
  return { node, env: environment(node) }
}

function changesFolder(step) {
  return step.do !== 'advise' && step.do !== 'refuse'
}

async function underLock(root, options, say) {
  mkdirSync(join(root, '.tools'), { recursive: true })
  const waiting = pid => say(`waiting for another set-up of this folder (process ${pid ?? 'unknown'})`)
  // Looked at again: the set-up that held the lock may have done everything.
  const work = () => carryOut(root, plan(lookAt(root), options), say)
  await withLock(join(root, '.tools/setup.lock'), work, waiting)
}

async function carryOut(root, steps, say) {
  for (const step of steps) {
    if (step.do === 'node') await ensureNode(root, step, say)
    else if (step.do === 'packages') await ensurePackages(root, step, say)
    else if (step.do === 'system') await ensureSystemPackages(root, step, say)
    else if (step.do === 'page') await ensurePage(root, say)
    else advise(step, say)
  }
}

/** Brings the pinned Node from the registry; into a temporary folder first, so that an interruption leaves nothing. */
async function ensureNode(root, { name, version, integrity }, say) {
  say(`Node ${process.versions.node} is too old: bringing ${name} ${version} from the npm registry`)
  const target = join(root, `.tools/node-${version}`)
  removeLeftovers(join(root, '.tools'))
  const folder = join(root, `.tools/unfinished-${process.pid}`)
  mkdirSync(folder)
  writeLockfile(folder, name, version, integrity)
  await npm(root, process.execPath, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
  const works = spawnSync(join(folder, 'node_modules', name, 'bin/node'), ['--version'], { encoding: 'utf8' })
  if (works.stdout?.trim() !== `v${version}`) {
    throw new SetupError(`the Node of the registry does not run on this system: install Node ${version} by hand`)
  }
  rmSync(target, { recursive: true, force: true })
  renameSync(folder, target)
}

function removeLeftovers(folder) {
  for (const name of readdirSync(folder)) {
    if (name.startsWith('unfinished-')) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

function writeLockfile(folder, name, version, integrity) {
  const dependencies = { [name]: version }
  const packages = { '': { dependencies }, [`node_modules/${name}`]: { version, integrity } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, packages }))
}

async function ensurePackages(root, { state }, say) {
  say(`packages are ${state}: npm ci`)
  const options = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
  await npm(root, projectNode(root), ['ci', ...options], root)
  stampPackages(root)
}

async function ensureSystemPackages(root, { packages, binaries, command, fatal }, say) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = async (...args) => {
    say(`apt-get ${args.join(' ')}`)
    return await logged(root, 'apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], { env })
  }
  await apt('update') // one source that does not answer is no reason to give up: the package may come from another
  const end = await withoutServices(() => apt('install', '-y', '--no-install-recommends', ...packages))
  if (end.code === 0 && binaries.every(isOnPath)) return
  throwIfStopped('apt-get', end)
  say(`apt-get failed:\n${logExcerpt(root)}`)
  advise({ why: `${packages.join(', ')} could not be installed`, command, fatal }, say)
}

/** Set-up brings programs; whoever needs a service starts it. */
async function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
  } catch {
    return await work() // the machine has a policy of its own
  }
  try {
    return await work()
  } finally {
    rmSync(policy, { force: true })
  }
}

async function ensurePage(root, say) {
  say('the page is older than its sources: npm run build -w packages/web')
  const digest = pageDigest(root)
  await npm(root, projectNode(root), ['run', 'build', '-w', 'packages/web'], root)
  stampPage(root, digest)
}

function advise({ why, command, fatal }, say) {
  const message = `${why}. To go on:\n    ${command}`
  if (fatal) throw new SetupError(message)
  say(message)
}

async function npm(root, node, args, cwd) {
  const [file, ...before] = npmCommand(node)
  const end = await logged(root, file, [...before, ...args], { cwd, env: environment(node) })
  if (end.code === 0) return
  const line = `npm ${args.join(' ')}`
  throwIfStopped(line, end)
  throw new SetupError(`${line} failed:\n${logExcerpt(root)}`)
}

/** What was stopped from outside has not failed, and set-up ends as it was asked to. */
function throwIfStopped(name, { signal, asked }) {
  const by = signal ?? asked
  if (by) throw new SetupError(`${name} was stopped by ${by}; the next set-up begins again`, { code: null, signal: by })
}

/**
 * The npm that runs us, or the one on the PATH, run by the given Node so that it judges packages by that version;
 * an npm that is patched into the system's own Node cannot be, and is run as it is.
 */
function npmCommand(node) {
  const cli = [
    process.env['npm_execpath'],
    ...(process.env['PATH'] ?? '').split(delimiter).map(each => join(each, 'npm')),
  ]
    .filter(each => each && existsSync(each))
    .map(each => realpathSync(each))
    .find(each => basename(each) === 'npm-cli.js')
  if (cli && spawnSync(node, [cli, '--version']).status === 0) return [node, cli]
  return ['npm']
}

/** The environment of everything that is run: this Node is the first that is found. */
function environment(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` }
}

async function logged(root, file, args, options) {
  const log = openSync(join(root, '.tools/setup.log'), 'w')
  try {
    return await runChild(file, args, { ...options, stdio: ['ignore', log, log] })
  } finally {
    closeSync(log)
  }
}

/** The beginning, where npm says what is wrong, and the end, where apt does. */
function logExcerpt(root) {
  const lines = readFileSync(join(root, '.tools/setup.log'), 'utf8').trimEnd().split('\n')
  if (lines.length <= 2 * LOG_EXCERPT_LINES) return lines.join('\n')
  const left = lines.length - 2 * LOG_EXCERPT_LINES
  const middle = `… ${left} more lines in .tools/setup.log …`
  return [...lines.slice(0, LOG_EXCERPT_LINES), middle, ...lines.slice(-LOG_EXCERPT_LINES)].join('\n')
}
