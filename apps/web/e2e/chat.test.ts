import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"

import { buildIfStale } from "../scripts/build-if-stale.ts"
import { launch, noChromium, openWindow, type Window } from "./browser.ts"
import { FakeDaemon } from "./fake-daemon.ts"
import { ben, me, message } from "./people.ts"
import { CHOIR, FIELD, living, OLD } from "./stories.ts"

let browser: Browser
beforeAll(async () => {
  if (!noChromium) browser = await launch()
})
afterAll(() => browser?.close())

async function openField(): Promise<Window> {
  const window = await openWindow(browser, living())
  await window.page.getByRole("link", { name: /Field team/ }).click()
  await window.page.getByRole("log", { name: "Messages in Field team" }).waitFor()
  return window
}

test.skipIf(noChromium)("a message says how far it is known to have come, and no more (needs chromium)", async () => {
  await using window = await openField()
  const { page, daemon } = window
  const gate = Promise.withResolvers<void>()
  daemon.sendGate = gate.promise
  await page.getByRole("textbox", { name: "Message" }).fill("Bring the ladder")
  await page.keyboard.press("Enter")
  const article = page.getByRole("article").filter({ hasText: "Bring the ladder" })
  await article.getByRole("img", { name: "Saving…" }).waitFor()

  gate.resolve()
  await article.getByRole("img", { name: "Saved here" }).waitFor()
  await expect(article.count()).resolves.toBe(1)
  for (const [delivery, words] of [
    [{ reached: 2, delivered: 0, recipients: 3, read: 0, mailboxes: 0 }, "On the network"],
    [{ reached: 2, delivered: 0, recipients: 3, read: 0, mailboxes: 1 }, "Kept by a mailbox until somebody fetches it"],
    [{ reached: 2, delivered: 1, recipients: 3, read: 0, mailboxes: 0 }, "Delivered to 1 of 3 devices"],
    [{ reached: 2, delivered: 3, recipients: 3, read: 0, mailboxes: 0 }, "Delivered to all 3 devices"],
    [{ reached: 2, delivered: 3, recipients: 3, read: 2, mailboxes: 1 }, "Read on 2 of 3 devices"],
  ] as const) {
    daemon.deliver(FIELD, "sent1", delivery)
    await article.getByRole("img", { name: words, exact: true }).waitFor()
  }
  expect(window.complaints).toEqual([])
})

test.skipIf(noChromium)("missing messages are a mark in the chat until they come (needs chromium)", async () => {
  await using window = await openField()
  const { page, daemon } = window
  const late = message(FIELD, ben, "After the storm", Date.now())
  daemon.receive(late)
  const detail = daemon.story.details[FIELD]!
  detail.gaps = [{ why: "missing", from: ben.identity, name: ben.name, count: 3, before: late.id }]
  daemon.emit({ type: "group", group: FIELD })
  const mark = page.getByRole("note").filter({ hasText: /^3 messages from .Ben Okafor. are missing here/ })
  await mark.waitFor()
  detail.gaps = []
  daemon.emit({ type: "group", group: FIELD })
  await mark.waitFor({ state: "detached" })
  expect(window.complaints).toEqual([])
})

test.skipIf(noChromium)("a mailbox is added by its link and taken away again (needs chromium)", async () => {
  await using window = await openField()
  const { page, daemon } = window
  await page.getByRole("link", { name: "Members" }).click()
  const members = page.getByRole("complementary", { name: "Members" })
  await members.getByText("No mailbox. Messages wait on the members' devices.").waitFor()
  await members.getByRole("button", { name: "Add a mailbox" }).click()
  const link = page.getByRole("textbox", { name: /^Mailbox link/ })
  await link.fill("starling://contact#AAAA")
  await page.getByRole("button", { name: "Add", exact: true }).click()
  await page.getByRole("alert").getByText("This is no valid mailbox link.").waitFor()
  await link.fill("starling://mailbox#AAAA")
  await page.getByRole("button", { name: "Add", exact: true }).click()
  await page.getByText("The mailbox is added").waitFor()
  expect(daemon.story.details[FIELD]!.mailboxes).toHaveLength(1)
  await members.getByRole("button", { name: "Use mailbox …OfTheChoir no more" }).click()
  await expect.poll(() => daemon.story.details[FIELD]!.mailboxes).toEqual([])
  expect(window.complaints).toEqual([])
})

test.skipIf(noChromium)("receipts and retention are set in the settings (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page, daemon } = window
  await page.getByRole("link", { name: "Settings" }).click()
  await page.getByRole("radiogroup", { name: "Read receipts" }).getByRole("radio", { name: "Off" }).click()
  await expect.poll(() => daemon.story.settings.receipts).toBe(false)
  await page.getByRole("combobox", { name: /^Keep for others/ }).selectOption({ label: "14 days" })
  await expect.poll(() => daemon.story.settings.retentionHours).toBe(336)
  expect(window.complaints).toEqual([])
})

test.skipIf(noChromium)("what could not be saved says why and can be written again (needs chromium)", async () => {
  await using window = await openField()
  const { page } = window
  await page.getByRole("textbox", { name: "Message" }).fill("too much")
  await page.keyboard.press("Enter")
  await page.getByRole("alert").getByText("This message is too long. Send it in parts.").waitFor()
  await page.getByRole("button", { name: "Write it again" }).click()
  await expect(page.getByRole("textbox", { name: "Message" }).inputValue()).resolves.toBe("too much")
})

test.skipIf(noChromium)("Shift and Enter begins a line (needs chromium)", async () => {
  await using window = await openField()
  const { page, daemon } = window
  await page.getByRole("textbox", { name: "Message" }).pressSequentially("one")
  await page.keyboard.press("Shift+Enter")
  await page.keyboard.type("two")
  await page.keyboard.press("Enter")
  await page.getByRole("article").filter({ hasText: "one" }).last().waitFor()
  await expect.poll(() => daemon.story.threads[FIELD]!.at(-1)!.text).toBe("one\ntwo")
})

test.skipIf(noChromium)(
  "an incoming message is shown, read aloud once, and marked as read (needs chromium)",
  async () => {
    await using window = await openField()
    const { page, daemon } = window
    daemon.receive(message(FIELD, ben, "The door is open", Date.now()))
    await page
      .getByRole("article", { name: /^Ben Okafor/ })
      .filter({ hasText: "The door is open" })
      .waitFor()
    await page.getByRole("status").filter({ hasText: "Ben Okafor: The door is open" }).waitFor({ state: "attached" })
    await expect.poll(() => daemon.story.groups[0]!.unread).toBe(0)
  },
)

test.skipIf(noChromium)("a message for another group counts as unread there (needs chromium)", async () => {
  await using window = await openField()
  window.daemon.receive(message(CHOIR, ben, "Seven it is", Date.now()))
  await window.page
    .getByRole("link", { name: /Choir on Thursdays/ })
    .getByRole("img", { name: "4 unread messages" })
    .waitFor()
})

test.skipIf(noChromium)(
  "ten thousand messages keep the document small and the newest in view (needs chromium)",
  async () => {
    const story = living()
    story.threads[FIELD] = Array.from({ length: 10_000 }, (_, index) =>
      message(FIELD, index % 3 === 0 ? me : ben, `number ${index}`, Date.now() - (10_000 - index) * 60_000, {
        id: `n${index}`,
      }),
    )
    await using window = await openWindow(browser, story)
    const { page } = window
    await page.getByRole("link", { name: /Field team/ }).click()
    await page.getByText("number 9999", { exact: true }).last().waitFor()
    await expect(page.getByRole("article").count()).resolves.toBeLessThan(80)
    const log = page.getByRole("log")
    await expect.poll(() => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)).toBeLessThan(60)
    await log.hover()
    await expect
      .poll(
        async () => {
          await page.mouse.wheel(0, -500)
          return await page.getByText("number 9850", { exact: true }).count()
        },
        { timeout: 15_000 },
      )
      .toBe(1)
  },
)

test.skipIf(noChromium)("a group that one has left can be read and not written to (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  await window.page.getByRole("link", { name: /Lisbon 2025/ }).click()
  await window.page.getByText("You left this group.").waitFor()
  await expect(window.page.getByRole("textbox", { name: "Message" }).count()).resolves.toBe(0)
  expect(window.daemon.story.details[OLD]!.state).toBe("left")
})

test.skipIf(noChromium)("a daemon that goes and comes back is followed without a reload (needs chromium)", async () => {
  await using window = await openField()
  const { page, daemon } = window
  const { port, story } = daemon
  await daemon[Symbol.asyncDispose]()
  await page.getByText("Starling on this computer does not answer.").first().waitFor()

  story.threads[FIELD]!.push(message(FIELD, ben, "While you were away", Date.now()))
  const { folder } = await buildIfStale()
  await using again = new FakeDaemon(folder, story)
  await again.listen(port)
  await page.getByRole("article").filter({ hasText: "While you were away" }).waitFor()
  await expect(page.getByText("Starling on this computer does not answer.").count()).resolves.toBe(0)
})

test.skipIf(noChromium)(
  "members: invite, remove after a question, verify, leave after a question (needs chromium)",
  async () => {
    await using window = await openField()
    const { page, daemon } = window
    await page.getByRole("link", { name: "Members" }).click()
    const members = page.getByRole("complementary", { name: "Members" })
    await members.getByText("Invited, has not answered yet").waitFor()
    await members.getByText("Waiting until they are online").waitFor()

    await members.getByRole("button", { name: "Invite people" }).click()
    await page.getByRole("searchbox", { name: "Search people" }).fill("0kafor")
    await page.getByRole("button", { name: "Invite Ben 0kafor" }).click()
    await page.getByText("Ben 0kafor is invited").waitFor()
    await page.getByRole("button", { name: "Close" }).first().click()

    await members.getByRole("button", { name: "Actions for Chiara" }).click()
    await page.getByRole("menuitem", { name: "Compare safety numbers" }).click()
    await expect(
      page.getByRole("group", { name: "Safety number" }).locator("span").allTextContents(),
    ).resolves.toHaveLength(12)
    await page.getByRole("button", { name: "The numbers match" }).click()
    await expect.poll(() => daemon.story.contacts.find(({ name }) => name === "Chiara")?.verified).toBe(true)

    await members.getByRole("button", { name: "Actions for Chiara" }).click()
    await page.getByRole("menuitem", { name: "Remove from group" }).click()
    expect(daemon.story.details[FIELD]!.members.some(({ name }) => name === "Chiara")).toBe(true)
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click()
    await expect.poll(() => daemon.story.details[FIELD]!.members.some(({ name }) => name === "Chiara")).toBe(false)

    await members.getByRole("button", { name: "Leave group" }).click()
    await page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click()
    await page.getByText("You left this group.").waitFor()
    expect(window.complaints).toEqual([])
  },
)

test.skipIf(noChromium)(
  "an owner makes an admin, asks before making an owner, and says who may invite (needs chromium)",
  async () => {
    await using window = await openField()
    const { page, daemon } = window
    const detail = daemon.story.details[FIELD]!
    const roleOf = (who: string) => detail.members.find(({ name }) => name === who)?.role
    await page.getByRole("link", { name: "Members" }).click()
    const members = page.getByRole("complementary", { name: "Members" })
    const chiara = members.getByRole("listitem").filter({ hasText: "Chiara" })
    await members.getByRole("button", { name: "Actions for Chiara" }).click()
    await page.getByRole("menuitem", { name: "Make admin" }).click()
    await chiara.getByText("Admin", { exact: true }).waitFor()
    await members.getByRole("button", { name: "Actions for Chiara" }).click()
    await page.getByRole("menuitem", { name: "Make owner" }).click()
    expect(roleOf("Chiara")).toBe("admin")
    await page.getByRole("alertdialog").getByRole("button", { name: "Make owner" }).click()
    await chiara.getByText("Owner", { exact: true }).waitFor()
    await members.getByRole("button", { name: "Actions for Chiara" }).click()
    await page.getByRole("menuitem", { name: "Compare safety numbers" }).waitFor()
    await expect(page.getByRole("menuitem").count()).resolves.toBe(1)
    await page.keyboard.press("Escape")

    await members.getByText("Who may…").click()
    await members.getByRole("radiogroup", { name: "Invite people" }).getByRole("radio", { name: "Admins" }).click()
    await expect.poll(() => detail.policy).toEqual({ invite: "admins", remove: "admins" })
    await members.getByRole("button", { name: "Actions for Ana Ortiz" }).click()
    await page.getByRole("menuitem", { name: "Give up being owner" }).click()
    await page.getByRole("alertdialog").getByRole("button", { name: "Give up" }).click()
    await expect.poll(() => roleOf("Ana Ortiz")).toBe("admin")
    expect(window.complaints).toEqual([])
  },
)

test.skipIf(noChromium)("what a member may not do is not offered (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page } = window
  await page.evaluate((to) => (location.hash = to), `#/g/${CHOIR}/members`)
  const members = page.getByRole("complementary", { name: "Members" })
  await members.getByText("Only admins invite people to this group.").waitFor()
  await expect(members.getByRole("button", { name: "Invite people" }).count()).resolves.toBe(0)
  await members.getByRole("button", { name: "Actions for Chiara" }).click()
  await page.getByRole("menuitem", { name: "Compare safety numbers" }).waitFor()
  await expect(page.getByRole("menuitem").count()).resolves.toBe(1)
  await page.keyboard.press("Escape")
  await members.getByText("Who may…").click()
  await members.getByText("Admins invite and remove members.").waitFor()
  await expect(members.getByRole("radio").count()).resolves.toBe(0)
})

test.skipIf(noChromium)("a new group takes the policy that was chosen (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page, daemon } = window
  await page
    .getByRole("button", { name: /^New group/ })
    .first()
    .click()
  const dialog = page.getByRole("dialog", { name: "New group" })
  await dialog.getByRole("textbox", { name: "Group name" }).fill("Owls")
  await dialog.getByText("Everyone invites; admins remove members.").click()
  await dialog.getByRole("radiogroup", { name: "Invite people" }).getByRole("radio", { name: "Admins" }).click()
  await dialog.getByText("Admins invite and remove members.").waitFor()
  await dialog.getByRole("button", { name: "Create group" }).click()
  await page.getByRole("heading", { name: "Owls", level: 1 }).waitFor()
  const made = Object.values(daemon.story.details).find(({ name }) => name === "Owls")
  expect(made?.policy).toEqual({ invite: "admins", remove: "admins" })
  expect(window.complaints).toEqual([])
})

test.skipIf(noChromium)("Heal now adds an epoch to the timeline (needs chromium)", async () => {
  await using window = await openField()
  const { page } = window
  await page.getByRole("link", { name: "Key updates", exact: true }).click()
  const timeline = page.getByRole("list", { name: "Key updates, newest first" })
  await timeline.getByText("Came at the same time as another update, and was not chosen").waitFor()
  await page.getByRole("button", { name: "Heal now" }).click()
  await timeline.getByText("Epoch 8").waitFor()
  await page.getByText("Keys renewed: epoch 8").waitFor()
})

test.skipIf(noChromium)("an invitation is accepted, a stranger's is marked and declined (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page } = window
  await page.getByRole("link", { name: "2 invitations wait for you" }).click()
  await page.getByText("Not among your contacts.").waitFor()
  await page.getByRole("button", { name: "Decline the invitation to Ringing group" }).click()
  await page.getByText("Invitation declined").waitFor()
  await page.getByRole("button", { name: "Accept the invitation to Night migration" }).click()
  await page.getByRole("heading", { name: "Night migration", level: 1 }).waitFor()
})

test.skipIf(noChromium)("a refusal says what did not happen, why, and what to do (needs chromium)", async () => {
  await using window = await openWindow(browser, living())
  const { page } = window
  await page.getByRole("button", { name: /^Paste a link/ }).click()
  await page.getByRole("textbox", { name: "Contact link" }).fill("https://example.org")
  await page.getByRole("button", { name: "Add contact" }).click()
  const alert = page.getByRole("alert")
  await alert.getByText("The contact was not added").waitFor()
  await alert.getByText("This is not a contact link").waitFor()
})

test.skipIf(noChromium)(
  "trouble that the daemon tells of stands once, until it is closed (needs chromium)",
  async () => {
    await using window = await openField()
    const { page, daemon } = window
    const message = "Ben's clock and this one differ by 24 h: check date and time on both."
    for (let i = 0; i < 2; i++) daemon.emit({ type: "trouble", code: "clock-differs", message: `${message}\u202E` })
    const notice = page.getByRole("status").getByText(message, { exact: true })
    await notice.waitFor()
    await expect(notice.count()).resolves.toBe(1)
    await page.getByRole("button", { name: "Close" }).click()
    await notice.waitFor({ state: "detached" })
    expect(window.complaints).toEqual([])
  },
)
