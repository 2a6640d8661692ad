/** Of one file, in UTF-16 units: no model takes more, and one document of the database holds it. */
export const longestText = 1_000_000
