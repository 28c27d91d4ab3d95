import { wordsPattern } from '@openhands/protocol'
import { type RefObject, useEffect } from 'react'

/** The name by which `app.css` knows them. */
const NAME = 'found'
/** Places that are marked in one row at most. */
const MOST = 100

/**
 * Marks words where they stand in the row that was gone to, in the part of the page that holds an element, and changes
 * nothing of the document for it.
 * Browsers that cannot do so show the row as it is.
 */
export function useFoundMarks(within: RefObject<HTMLElement | null>, words: string): void {
  useEffect(() => {
    const box = within.current?.closest('main')
    if (!box || words === '' || !('highlights' in CSS)) return undefined
    let frame = 0
    const mark = (): void => {
      const row = box.querySelector('[data-marked]')
      const ranges = row ? rangesIn(row, words) : []
      if (ranges.length > 0) CSS.highlights.set(NAME, new Highlight(...ranges))
      else CSS.highlights.delete(NAME)
    }
    const soon = (): void => {
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(mark)
    }
    const watch = new MutationObserver(soon)
    watch.observe(box, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-marked'] })
    soon()
    return () => {
      watch.disconnect()
      cancelAnimationFrame(frame)
      CSS.highlights.delete(NAME)
    }
  }, [within, words])
}

function rangesIn(row: Element, words: string): Range[] {
  const pattern = wordsPattern(words)
  const texts = document.createTreeWalker(row, NodeFilter.SHOW_TEXT)
  const ranges: Range[] = []
  for (let node = texts.nextNode(); node && ranges.length < MOST; node = texts.nextNode()) {
    for (const match of (node.textContent ?? '').matchAll(pattern)) {
      const range = new Range()
      range.setStart(node, match.index)
      range.setEnd(node, match.index + match[0].length)
      ranges.push(range)
    }
  }
  return ranges
}
