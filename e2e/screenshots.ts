/** `node e2e/screenshots.ts [folder] [names …]`: writes every main view (or those named), light and dark, wide and phone, to `docs/screenshots`. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Look, Surfer } from './browser.ts'
import { Scenes } from './scenes.ts'
import { viewsOf } from './views.ts'

const [folder = join(import.meta.dirname, '../docs/screenshots'), ...wanted] = process.argv.slice(2)
const looks: readonly Look[] = (['wide', 'phone'] as const).flatMap(width =>
  (['light', 'dark'] as const).map(theme => ({ width, theme })),
)

mkdirSync(folder, { recursive: true })
await using surfer = await Surfer.start()
await using scenes = await Scenes.start({ all: wanted.length > 0 })
for (const look of looks)
  for (const { name, address, main, arrive } of viewsOf(scenes.shown)) {
    if (wanted.length > 0 ? !wanted.includes(name) : !main) continue
    await using visit = await surfer.visit(address, look)
    const path = join(folder, `${name}-${look.width}-${look.theme}.png`)
    try {
      await arrive(visit.tab)
      await visit.tab.evaluate('document.fonts.ready.then(() => true)')
    } catch (error) {
      process.stderr.write(`${path}: ${String(error).split('\n', 4).join(' ')}\n`)
      process.exitCode = 1
    }
    await visit.tab.screenshot({ path })
    visit.assertQuiet()
  }
