import type { JSX } from 'react'

/** Line drawings on a grid of 16, by name. */
const paths = {
  home: 'M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5',
  settings: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM10 10l3.5 3.5',
  send: 'M8 13V3M4 7l4-4 4 4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5v9l7-4.5z',
  stop: 'M4 4h8v8H4z',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  cross: 'm4 4 8 8M12 4l-8 8',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  down: 'm3.5 6 4.5 4.5L12.5 6',
  terminal: 'm3 4.5 3.5 3.5L3 11.5M8 12h5',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  edit: 'M3 13l.7-2.8 7-7 2.1 2.1-7 7zM9.6 4.3l2.1 2.1',
  globe: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM2.5 8h11M8 2.5c-4 3.6-4 7.4 0 11M8 2.5c4 3.6 4 7.4 0 11',
  python: 'M5 3.5h6v4H5v5h6M5 3.5v2M11 12.5v-2',
  eye: 'M1.8 8S4 4 8 4s6.2 4 6.2 4-2.2 4-6.2 4-6.2-4-6.2-4ZM8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4',
  people:
    'M6 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4M2.5 13a3.5 3.5 0 0 1 7 0M11 5.5a1.8 1.8 0 1 1 0 3.4M11.5 10.2c1.3.4 2 1.4 2 2.8',
  image: 'M2.5 3.5h11v9h-11zM2.5 11l3-3 2.5 2.5 2-2 3.5 3M10.5 6h.01',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  link: 'M6.5 9.5l3-3M7 4.5l1-1a2.8 2.8 0 0 1 4 4l-1 1M9 11.5l-1 1a2.8 2.8 0 0 1-4-4l1-1',
  panel: 'M2.5 3.5h11v9h-11zM9.5 3.5v9',
  menu: 'M3 4.5h10M3 8h10M3 11.5h10',
  chat: 'M2.5 3.5h11v7.5H7l-3 2.5V11H2.5z',
  warning: 'M8 2.8 14 13H2zM8 6.5v3M8 11.3h.01',
  bulb: 'M6 11.5h4M6.5 13.5h3M5.8 9.5a3.8 3.8 0 1 1 4.4 0v2H5.8z',
  dots: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  trash: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 8.5h6l.5-8.5',
  back: 'M10 3.5 5.5 8l4.5 4.5',
  shield: 'M8 2.5 13 4v4c0 2.8-2 4.7-5 5.5C5 12.7 3 10.8 3 8V4z',
  diff: 'M8 3v6M5 6h6M5 12.5h6',
  folder: 'M2.5 4h4l1.3 1.5h5.7v7h-11z',
  list: 'm2.5 4 1 1L5.5 3M8 4h5.5M2.5 8.5l1 1 2-2M8 8.5h5.5M3.5 13h.01M8 13h5.5',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3l2 1.5',
  keyboard: 'M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5 9.5h6',
  gauge: 'M3 12a5.8 5.8 0 1 1 10 0M8 9.5l2.5-3',
  download: 'M8 3v7M5 7.5 8 10.5l3-3M3 13h10',
  sun: 'M8 5.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4M8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M3.6 12.4l1-1M11.4 4.6l1-1',
  plug: 'M6 2.5v3M10 2.5v3M4.5 5.5h7V8a3.5 3.5 0 0 1-7 0zM8 11.5v2',
  undo: 'M6 3.5 3 6.5l3 3M3.5 6.5h6a3.2 3.2 0 0 1 0 6.5H6',
  reload: 'M12.8 6.5A5 5 0 1 0 13 9M13 3v3.5H9.5',
  columns: 'M2.5 3.5h11v9h-11zM8 3.5v9',
  up: 'm3.5 10 4.5-4.5 4.5 4.5',
  upload: 'M8 10V3M5 5.5 8 3l3 2.5M3 13h10',
  'new-file': 'M9 2.5H4v11h4M9 2.5v3h3M9 2.5l3 3v2M11.5 9.5v4M9.5 11.5h4',
  'new-folder': 'M8.5 12.5h-6V4h4l1.3 1.5h5.7v2M11.5 9v4M9.5 11h4',
} as const

export type IconName = keyof typeof paths

/** A drawing beside a word that says the same; it is not read aloud. */
export function Icon({ name, className = 'size-4' }: { name: IconName; className?: string }): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" className={`${className} shrink-0`} fill="none" stroke="currentColor" aria-hidden="true">
      <path d={paths[name]} strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  )
}

/** The sign of the house. */
export function Mark({ className = 'size-6' }: { className?: string }): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" className={`${className} shrink-0 text-accent`} fill="currentColor" aria-hidden="true">
      <rect x="5" y="9" width="4.4" height="12" rx="2.2" />
      <rect x="11" y="4" width="4.4" height="16" rx="2.2" />
      <rect x="17" y="4" width="4.4" height="16" rx="2.2" />
      <rect x="23" y="9" width="4.4" height="12" rx="2.2" />
      <path d="M5 18.5h22.4v.8A8.7 8.7 0 0 1 18.7 28h-5A8.7 8.7 0 0 1 5 19.3z" />
    </svg>
  )
}
