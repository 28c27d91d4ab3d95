import { createContext } from 'react'

/** Shows the end of the conversation; for the rows of it. */
export const ToNewest = createContext<() => void>(() => undefined)
