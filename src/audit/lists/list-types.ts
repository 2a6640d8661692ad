/** The events that each list for auditors shows. */
export const listTypes = {
  reads: ['AuditRead', 'AccountsSearched'],
  erasures: ['UserErased', 'ChatErased', 'ProjectErased', 'GuestErased'],
  edits: ['MessageEdited'],
} as const

export type ListName = keyof typeof listTypes
