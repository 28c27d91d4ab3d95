import { type JSX, useEffect, useRef } from 'react'

/** Where an editor is put; it gives the undo. Another function is another editor. */
export type Mount = (root: ShadowRoot) => () => void

/**
 * A place for an editor, in a tree of its own: there its styles are those of a constructed style sheet, which the policy
 * of the page allows, and not of a `<style>`. What is typed in it is no command of the page, unless with Control or
 * Command.
 */
export function CodeFrame({ mount }: { mount: Mount }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const host = ref.current
    if (!host) return undefined
    const onKey = (event: KeyboardEvent): void => {
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation()
    }
    host.addEventListener('keydown', onKey)
    const undo = mount(host.shadowRoot ?? host.attachShadow({ mode: 'open' }))
    return () => {
      undo()
      host.removeEventListener('keydown', onKey)
    }
  }, [mount])
  return <div ref={ref} className="h-full min-h-0 overflow-hidden" />
}
