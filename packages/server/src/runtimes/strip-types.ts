import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { basename } from 'node:path'

/**
 * A program: prints, as JSON, the name and the code of each TypeScript file in its arguments, both made JavaScript. It
 * knows only the form of import that this project uses for files beside a file.
 */
const files = process.argv.slice(2).map(path => {
  const code = stripTypeScriptTypes(readFileSync(path, 'utf8')).replace(/(from '\.\/[a-z-]+)\.ts'/g, "$1.js'")
  return [basename(path, '.ts') + '.js', code]
})
process.stdout.write(JSON.stringify(files))
