/** Who may import whom, and what else keeps the house in order: part of `npm run check`. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { cycles } from './layers/cycles.ts'
import { environmentReads } from './layers/environment.ts'
import { type Parsed, parseImports } from './layers/imports.ts'
import { type Declared, declaredIn, packageProblem } from './layers/packages.ts'
import { pageProblems } from './layers/page-rules.ts'
import { ENVIRONMENT_READERS, isTest, LONG_FILES, MOST_LINES, type Place, placeOf } from './layers/places.ts'
import { impurities } from './layers/purity.ts'
import { shellStrings } from './layers/shell.ts'
import { tokenize } from './layers/tokens.ts'

/** A file of the repository; paths are relative to its root, with slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** A broken rule: where, which one, and what to do. */
export interface Problem {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

interface Source extends SourceFile, Parsed {
  readonly place: Place
}

/** Everything in these files that breaks a rule of the layout; package.json files among them say what is declared. */
export function checkLayers(files: readonly SourceFile[]): Problem[] {
  const declared = declaredIn(files)
  const code = files.filter(each => /\.(ts|tsx|mts|mjs|js)$/.test(each.path))
  const sources: Source[] = []
  const problems: Problem[] = []
  for (const file of code) {
    const place = placeOf(file.path)
    if (place) sources.push({ ...file, ...parseImports(tokenize(file.text)), place })
    else problems.push(unplaced(file.path))
  }
  const each = sources.flatMap(source => [
    ...importProblems(source, declared),
    ...pageProblems(source.path, source.imports, source.rest).map(found => ({
      path: source.path,
      rule: 'page',
      ...found,
    })),
    ...purityProblems(source),
    ...environmentProblems(source),
    ...shellProblems(source),
    ...lengthProblems(source),
  ])
  return [...problems, ...each, ...cycleProblems(sources)]
}

function unplaced(path: string): Problem {
  return { path, line: 1, rule: 'place', message: 'has no place in the layout; move it into a folder that has a rank' }
}

function importProblems({ path, imports, place }: Source, declared: Declared): Problem[] {
  return imports.flatMap(({ from, line }) => {
    const found = from === undefined ? computedProblem(path, place) : importProblem(path, place, from, declared)
    return found ? [{ path, line, ...found }] : []
  })
}

type Finding = Pick<Problem, 'rule' | 'message'>

function computedProblem(path: string, place: Place): Finding | undefined {
  if (place.rank > 1 || isTest(path)) return undefined
  return { rule: 'rank', message: 'imports a computed name, which no rule can judge; name the file' }
}

function importProblem(path: string, place: Place, from: string, declared: Declared): Finding | undefined {
  const isRelative = from.startsWith('.')
  const target = isRelative ? placeOf(posix.join(posix.dirname(path), from)) : workspacePlace(from)
  if (!target) return isRelative ? undefined : packageProblem(path, place, from, declared)
  if (isRelative && target.workspace !== place.workspace && target.workspace !== '' && place.workspace !== '') {
    return { rule: 'rank', message: `reaches into ${target.workspace} by path; import it by the name of its package` }
  }
  return rankProblem(path, place, target)
}

function workspacePlace(from: string): Place | undefined {
  const workspace = /^@openhands\/([^/]+)/.exec(from)?.[1]
  return workspace === undefined ? undefined : placeOf(`packages/${workspace}/src/main.ts`)
}

function rankProblem(path: string, place: Place, target: Place): Finding | undefined {
  if (place.name === target.name) return undefined
  if (target.name === 'testing') {
    if (isTest(path)) return undefined
    return {
      rule: 'testing',
      message: 'imports testing/, which is for tests only; move what is needed to where it belongs',
    }
  }
  if (place.name === 'web' && target.name !== 'protocol') {
    return {
      rule: 'rank',
      message: `the page imports ${target.name}; it may import protocol, and ask the server over the wire`,
    }
  }
  if (place.rank > target.rank && (target.name !== 'web' || place.name === 'e2e')) return undefined
  const remedy = 'declare what is needed in core/ports.ts and let main.ts pass it in, or move the code to a lower rank'
  const relation = place.rank === target.rank ? 'its sibling' : 'the higher'
  return {
    rule: 'rank',
    message: `${place.name} (rank ${place.rank}) imports ${relation} ${target.name} (rank ${target.rank}); ${remedy}`,
  }
}

function purityProblems({ path, place, rest }: Source): Problem[] {
  const { name } = place
  if ((name !== 'core' && name !== 'protocol') || isTest(path)) return []
  return impurities(rest, name).map(({ what, line }) => {
    const message = `${name} uses ${what}; take time, chance, log and network as a parameter or a port`
    return { path, line, rule: 'pure', message }
  })
}

function environmentProblems({ path, imports, rest }: Source): Problem[] {
  if (ENVIRONMENT_READERS.some(each => each.path.test(path))) return []
  const message =
    'reads the environment (or takes `process` as a whole); let config.ts parse it and main.ts pass the value'
  return environmentReads(imports, rest).map(line => ({ path, line, rule: 'environment', message }))
}

function shellProblems({ path, place, imports, rest }: Source): Problem[] {
  if (place.name === 'scripts') return []
  return shellStrings(imports, rest)
    .filter(each => !isTest(path) || !each.what.includes(' behind '))
    .map(({ what, line }) => {
      const message = `hands a command line to a shell (${what}); use spawn or execFile by name, with values as arguments after --`
      return { path, line, rule: 'shell', message }
    })
}

function lengthProblems({ path, text }: Source): Problem[] {
  const lines = text.trimEnd().split('\n').length
  if (lines <= MOST_LINES || LONG_FILES.some(each => each.path.test(path))) return []
  return [
    {
      path,
      line: MOST_LINES,
      rule: 'length',
      message: `has ${lines} lines of at most ${MOST_LINES}; split it by nouns`,
    },
  ]
}

function cycleProblems(sources: readonly Source[]): Problem[] {
  const core = sources.filter(({ path, place }) => place.name === 'core' && !isTest(path))
  return cycles(core).map(({ path, line, loop }) => {
    const message = `is in a cycle of imports: ${loop.join(' → ')}; move what they share to a file of its own`
    return { path, line, rule: 'cycle', message }
  })
}

const FOLDERS = ['packages', 'scripts', 'e2e']
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage'])

/** All code and all package.json files of the repository at `root`. */
export function readSources(root: string): SourceFile[] {
  return ['package.json', ...FOLDERS.flatMap(each => pathsBelow(root, each))].map(path => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }))
}

function pathsBelow(root: string, folder: string): string[] {
  return entries(join(root, folder)).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : pathsBelow(root, path)
    return /\.(ts|tsx|mts|mjs|js)$|^package\.json$/.test(entry.name) ? [path] : []
  })
}

function entries(folder: string): import('node:fs').Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return [] // a part of the layout that is not there yet
  }
}

if (process.argv[1] === import.meta.filename) {
  const problems = checkLayers(readSources(dirname(import.meta.dirname)))
  for (const { path, line, rule, message } of problems) console.error(`${path}:${line} [${rule}] ${message}`)
  if (problems.length > 0) process.exitCode = 1
}
