import { text, timelineText } from '../text.ts'
import type { PanelEntry } from './panel.ts'

/** The panels of the workspace in the order of their tabs; a new one is a folder beside this file and an entry here. */
export const panels: readonly PanelEntry[] = [
  {
    id: 'overview',
    name: text.panels.overview,
    icon: 'gauge',
    load: async () => (await import('./overview/overview-panel.tsx')).OverviewPanel,
  },
  {
    id: 'changes',
    name: text.panels.changes,
    icon: 'diff',
    load: async () => (await import('./changes/changes-panel.tsx')).ChangesPanel,
  },
  {
    id: 'files',
    name: text.panels.files,
    icon: 'folder',
    load: async () => (await import('./files/files-panel.tsx')).FilesPanel,
  },
  {
    id: 'terminal',
    name: text.panels.terminal,
    icon: 'terminal',
    load: async () => (await import('./terminal/terminal-panel.tsx')).TerminalPanel,
  },
  {
    id: 'browser',
    name: text.panels.browser,
    icon: 'globe',
    load: async () => (await import('./browser/browser-panel.tsx')).BrowserPanel,
  },
  {
    id: 'python',
    name: text.panels.python,
    icon: 'python',
    load: async () => (await import('./python/python-panel.tsx')).PythonPanel,
  },
  {
    id: 'ports',
    name: text.panels.ports,
    icon: 'plug',
    load: async () => (await import('./ports/ports-panel.tsx')).PortsPanel,
  },
  {
    id: 'timeline',
    name: timelineText.name,
    icon: 'clock',
    load: async () => (await import('./timeline/timeline-panel.tsx')).TimelinePanel,
  },
]
