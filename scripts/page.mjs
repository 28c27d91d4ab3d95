/** Whether the built page is that of the present sources. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const SOURCES = ['packages/web', 'packages/protocol/src', 'package-lock.json']
const NOT_SOURCES = new Set(['node_modules', 'dist', 'coverage'])

/** `absent` without a web package, `built` when the built page is that of these sources, otherwise `stale`. */
export function pageState(root) {
  if (!existsSync(join(root, 'packages/web/package.json'))) return 'absent'
  if (!existsSync(join(root, 'packages/web/dist/index.html'))) return 'stale'
  return readStamp(root) === pageDigest(root) ? 'built' : 'stale'
}

/** A hash over names and contents of everything that the page is built from. */
export function pageDigest(root) {
  const hash = createHash('sha256')
  for (const path of SOURCES.flatMap(each => filesBelow(root, each))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Notes which sources the built page is made of; outside `dist`, which is served to everybody. */
export function stampPage(root, digest) {
  mkdirSync(dirname(stampPath(root)), { recursive: true })
  writeFileSync(stampPath(root), digest)
}

function readStamp(root) {
  return existsSync(stampPath(root)) ? readFileSync(stampPath(root), 'utf8') : undefined
}

function stampPath(root) {
  return join(root, '.tools/page.stamp')
}

function filesBelow(root, path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false })
  if (!found?.isDirectory()) return found ? [path] : []
  return readdirSync(join(root, path))
    .filter(name => !NOT_SOURCES.has(name))
    .sort()
    .flatMap(name => filesBelow(root, `${path}/${name}`))
}
