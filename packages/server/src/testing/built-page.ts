import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes a small page as builders write them: relative addresses, names with hashes. Returns its folder. */
export function builtPage(folder: string): string {
  mkdirSync(join(folder, 'assets'), { recursive: true })
  const html = `<!doctype html><html><head><script type="module" src="./assets/index-BfGk3x1Q.js"></script></head></html>`
  writeFileSync(join(folder, 'index.html'), html)
  writeFileSync(
    join(folder, 'assets', 'index-BfGk3x1Q.js'),
    `document.title = new URL('api/options/models', document.baseURI).href`,
  )
  return folder
}
