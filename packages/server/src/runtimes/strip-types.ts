import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

/**
 * A program: prints, as JSON, the code of each TypeScript file in its arguments, made JavaScript. It knows only the
 * forms of import that this project uses for files beside a file.
 */
const files = process.argv
  .slice(2)
  .map(path =>
    stripTypeScriptTypes(readFileSync(path, 'utf8')).replace(/((?:from |import\()'\.\.?\/[a-z/.-]+)\.ts'/g, "$1.js'"),
  )
process.stdout.write(JSON.stringify(files))
