/** Looks up what set-up decides by: a few files and the PATH, no other program. */
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pageState } from './page.mjs'
import { agrees, NODE_MAJOR, nodePackage, packageManagers, systemPackages } from './setup-plan.mjs'

/** Describes this machine and this folder for `plan`; takes some ten milliseconds. */
export function lookAt(root) {
  return {
    platform: process.platform,
    arch: process.arch,
    node: process.versions.node,
    ownNode: existsSync(ownNode(root) ?? ''),
    uid: process.getuid?.() ?? -1,
    debian: isDebian(),
    managers: packageManagers.filter(isOnPath),
    binaries: systemPackages.map(each => each.binary).filter(isOnPath),
    packages: packagesState(root),
    page: pageState(root),
  }
}

/** Where set-up puts its own Node; undefined where the registry has none for this platform. */
export function ownNode(root) {
  const wanted = nodePackage(process.platform, process.arch)
  return wanted && join(root, `.tools/node-${wanted.version}/node_modules/${wanted.name}/bin/node`)
}

/** The Node that runs the project: the one that runs us when it is new enough, otherwise the one set-up brought. */
export function projectNode(root) {
  return Number.parseInt(process.versions.node, 10) >= NODE_MAJOR ? process.execPath : ownNode(root)
}

/** Notes for the next set-up which lockfile the installed packages come from. */
export function stampPackages(root) {
  writeFileSync(join(root, 'node_modules/.setup-stamp'), lockfileDigest(root))
}

/** Whether the PATH has a program of this name. */
export function isOnPath(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return folders.some(folder => isProgram(join(folder, name)))
}

function packagesState(root) {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return 'missing'
  const stamp = join(root, 'node_modules/.setup-stamp')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfileDigest(root)) return 'installed'
  if (!agrees(readJson(root, 'package-lock.json'), readJson(root, 'node_modules/.package-lock.json'))) return 'changed'
  stampPackages(root) // somebody has installed by hand what the lockfile asks for
  return 'installed'
}

function lockfileDigest(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function readJson(root, path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isDebian() {
  if (!existsSync('/etc/os-release')) return false
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}
