#!/usr/bin/env -S node --max-semi-space-size=4
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

/*
 * The only file that is not TypeScript: what it turns on has to be on before the first one is read. With the cache a
 * start takes neither the time nor the 20 MB of stripping types. It lies beside the code, which nobody else can write.
 */
enableCompileCache(fileURLToPath(new URL('../../../.tools/compile-cache', import.meta.url)))
const { main } = await import('../src/main.ts')
await main(process.argv.slice(2), process.env)
