/** Which packages and which parts of Node a file may use. */
import { HOMES, isTest, type Place } from './places.ts'

/** What each workspace declares, by its path; the root is the empty path. */
export type Declared = ReadonlyMap<string, { readonly run: ReadonlySet<string>; readonly develop: ReadonlySet<string> }>

/** Reads the package.json files among the files. */
export function declaredIn(files: readonly { readonly path: string; readonly text: string }[]): Declared {
  const manifests = files.filter(each => /(^|\/)package\.json$/.test(each.path))
  return new Map(
    manifests.map(({ path, text }) => {
      const names = (field: string): string[] => Object.keys(JSON.parse(text)[field] ?? {})
      const run = new Set([...names('dependencies'), ...names('optionalDependencies'), ...names('peerDependencies')])
      return [path.replace(/\/?package\.json$/, ''), { run, develop: new Set(names('devDependencies')) }]
    }),
  )
}

/** What is wrong with this file's import of a package or of a part of Node, if anything is. */
export function packageProblem(
  path: string,
  place: Place,
  from: string,
  declared: Declared,
): { rule: string; message: string } | undefined {
  const test = isTest(path)
  if (!test) {
    const banned = bannedHere(path, place, from)
    if (banned !== undefined) return { rule: 'package', message: banned }
  }
  if (from.startsWith('node:') || isDeclared(place, packageName(from), test, declared)) return undefined
  const manifest = place.workspace === '' ? 'package.json' : `${place.workspace}/package.json`
  return { rule: 'declared', message: `uses ${packageName(from)}, which ${manifest} does not declare; add it there` }
}

function bannedHere(path: string, place: Place, from: string): string | undefined {
  if (place.name === 'core') return `core imports ${from}; it may import protocol, lib and itself: ask for a port`
  if (place.name === 'protocol' && packageName(from) !== 'zod') {
    return `protocol imports ${from}; it runs in browser and Node and may import zod only`
  }
  if (path.startsWith('packages/web/src/') && from.startsWith('node:'))
    return `the page imports ${from}; a browser has none`
  const home = HOMES.find(each =>
    each.packages.some(name => (name.endsWith('/') ? from.startsWith(name) : packageName(from) === name)),
  )
  if (!home || place.rank > 2 || place.name === home.home) return undefined
  return `${place.name} imports ${from}, which is for ${home.home}/ only; ask for it by a port`
}

function isDeclared(place: Place, name: string, test: boolean, declared: Declared): boolean {
  const own = declared.get(place.workspace)
  if (own?.run.has(name)) return true
  // The server is run with what it depends on; the page and the tests are built and run with more.
  const mayDevelop = test || place.name === 'web' || place.name === 'scripts'
  return mayDevelop && (own?.develop.has(name) === true || declared.get('')?.develop.has(name) === true)
}

function packageName(from: string): string {
  if (from.startsWith('node:')) return from
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
}
