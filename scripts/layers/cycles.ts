/** Finds imports that go in a circle. */
import { posix } from 'node:path'
import type { Import } from './imports.ts'

/** A circle of imports, told once, at the import in `path` that closes it. */
export interface Cycle {
  readonly path: string
  readonly line: number
  /** The paths in the order of import; the first is also the last. */
  readonly loop: readonly string[]
}

interface Node {
  readonly path: string
  readonly imports: readonly Import[]
}

/** One cycle for every import that leads back to a file whose imports are just being followed. */
export function cycles(files: readonly Node[]): Cycle[] {
  const byPath = new Map(files.map(file => [file.path, file]))
  const done = new Set<string>()
  const found: Cycle[] = []

  const visit = (file: Node, trail: readonly string[]): void => {
    const here = [...trail, file.path]
    for (const { from, line } of file.imports) {
      const target = from?.startsWith('.') ? posix.join(posix.dirname(file.path), from) : ''
      const next = byPath.get(target)
      if (!next || done.has(target)) continue
      if (here.includes(target))
        found.push({ path: file.path, line, loop: [...here.slice(here.indexOf(target)), target] })
      else visit(next, here)
    }
    done.add(file.path)
  }
  for (const file of files) if (!done.has(file.path)) visit(file, [])
  return found
}
