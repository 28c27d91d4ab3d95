/** Imported first, it lets Node import `.tsx`: they are made JavaScript on the way, by the tool that also builds the page. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'rolldown/utils'

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.tsx')) return nextLoad(url, context)
    const path = fileURLToPath(url)
    const { code, errors } = transformSync(path, readFileSync(path, 'utf8'), { jsx: { runtime: 'automatic' } })
    if (errors.length > 0) throw new Error(`${path}: ${errors.map(each => each.message).join('; ')}`)
    return { format: 'module', source: code, shortCircuit: true }
  },
})
