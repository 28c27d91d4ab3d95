/** The texts of the search inside a conversation, and of sending a message once more, beside those in `text.ts`. */
export const searchText = {
  open: 'Search this conversation',
  field: 'Search this conversation',
  placeholder: 'Words in messages, commands, outputs and files',
  bar: 'Search',
  hits: 'Hits',
  showHits: 'Show the hits',
  hideHits: 'Hide the hits',
  newer: 'Newer hit',
  older: 'Older hit',
  close: 'Close the search',
  more: (left: string) => `Show more (${left} left)`,
  searching: 'Searching …',
  found: (count: string) => `${count} found`,
  at: (place: string, count: string) => `${place} of ${count}`,
  none: 'Nothing found',
  noneHint: (query: string) =>
    `Nothing in this conversation contains “${query}”. Try fewer letters, or a word that stood beside it.`,
  kinds: {
    you: 'You',
    agent: 'Agent',
    thought: 'Thought',
    done: 'Done',
    gaveUp: 'Gave up',
    trouble: 'Trouble',
    note: 'Note',
    output: (name: string) => `${name}: result`,
  },
}

/** Sending what was said once more. */
export const againText = {
  edit: 'Edit and send again',
  send: 'Send again',
  field: 'Message to send again',
  gone: 'This session is not there any more: it takes no messages.',
  denied: 'This tab is not logged in: log in to send messages.',
  full: 'Too many messages wait for the line already: send again when it is back.',
}
