import type { Command } from "./command.ts"
import { contactCommands } from "./contact.ts"
import { demoCommand } from "./demo.ts"
import { entropyCommands } from "./entropy.ts"
import { groupCommands } from "./group.ts"
import { mailboxCommand } from "./mailbox.ts"
import { messageCommands } from "./message.ts"
import { phoneCommands } from "./phone.ts"
import { sessionCommands } from "./session.ts"
import { settingsCommands } from "./settings.ts"
import { statusCommand } from "./status.ts"
import { upCommand } from "./up.ts"

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [
  upCommand,
  mailboxCommand,
  demoCommand,
  statusCommand,
  ...sessionCommands,
  ...contactCommands,
  ...groupCommands,
  ...messageCommands,
  ...entropyCommands,
  ...phoneCommands,
  ...settingsCommands,
]
