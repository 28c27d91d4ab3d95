import { type RefObject, useEffect } from 'react'

/** Pixels before its end at which a list still counts as standing there. */
const NEAR_END = 60

/** Keeps a list at its end while what stands below it takes room from it, such as a question or a long message. */
export function useKeptEnd(scroller: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const box = scroller.current
    if (!box) return
    let height = box.clientHeight
    const observer = new ResizeObserver(() => {
      const taken = height - box.clientHeight
      height = box.clientHeight
      const below = box.scrollHeight - box.scrollTop - height
      if (taken > 0 && below - taken < NEAR_END) box.scrollTop = box.scrollHeight
    })
    observer.observe(box)
    return () => observer.disconnect()
  }, [scroller])
}
