/** Builds the page into `dist`; `node build.ts --report` tells the size of every file as it is sent. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { build } from 'vite'

const root = import.meta.dirname
const report = process.argv.includes('--report')

const built = await build({
  root,
  configFile: false,
  // Every address is relative to the document, so that the page works behind any path of a proxy.
  base: './',
  logLevel: 'warn',
  plugins: [react(), tailwind()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
})

if (report && 'output' in built) {
  for (const { fileName } of built.output) {
    const bytes = readFileSync(join(root, 'dist', fileName))
    process.stdout.write(
      `${String(gzipSync(bytes).length).padStart(8)} ${String(bytes.length).padStart(8)} ${fileName}\n`,
    )
  }
}
