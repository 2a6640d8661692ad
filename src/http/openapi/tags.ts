/** The groups of /docs, in this order. */
export const tags = {
  accounts: 'Register, log in, one’s own account and its API keys.',
  prompts: 'Send a prompt; get its answer whole, as a stream of events, or later.',
  openai: 'For clients of OpenAI’s API, with an API key of this service.',
  chats: 'One’s chats: list, search, rename, delete or erase them.',
  messages: 'The messages of a chat. Those that are stored here call no model.',
  feedback: 'What the owner thinks of a message.',
  projects: 'Prompts, settings and files that apply to all chats of a project.',
  sessions: 'Guests without an account. The id of the session is the only key to what they write.',
  analytics: 'Figures: who uses the service, and what it costs.',
  audit: 'For auditors: the history, chats as they were, and proofs. Every read leaves an event.',
  operations: 'For operators: health, metrics, read models, open replies, accounts.',
  'compatibility: root': 'Kept as document 1 promised it. New clients use the groups above.',
  'compatibility: logging': 'Kept as document 2 promised it. New clients use the groups above.',
  'compatibility: project': 'Kept as document 4 promised it. New clients send projectId with a prompt.',
  'compatibility: accounts': 'Other spellings of what is among the accounts.',
} as const
