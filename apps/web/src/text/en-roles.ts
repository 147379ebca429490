/** What the UI says of roles, and of who may invite and remove. */
export const roles = {
  name: { admin: "Admin", owner: "Owner" },
  make: { member: "Make member", admin: "Make admin", owner: "Make owner" },
  made: {
    member: (name: string) => `${name} is a member like others`,
    admin: (name: string) => `${name} is an admin`,
    owner: (name: string) => `${name} is an owner`,
  },
  makeFailed: "The role was not changed",
  makeOwnerTitle: (name: string) => `Make ${name} an owner?`,
  makeOwnerBody: (name: string) =>
    `${name} can then give roles, change who may invite and remove, and remove admins. Only ${name} can give that up again.`,
  stepDown: "Give up being owner",
  stepDownTitle: "Give up being owner?",
  stepDownBody: "You stay as an admin. Only another owner can make you an owner again.",
  stepDownDo: "Give up",
  steppedDown: "You are an admin now",
  ownLog: {
    scarce: "This device has used up most of the changes that members keep of one device. Leave some to others.",
    full: "This device can make no more changes to this group: members keep only so many of one device. You can still read, write and leave. Others can invite and remove; if no admin invited you, ask one to invite you once more, which makes room.",
  },
  adminsInvite: "Only admins invite people to this group.",
  leaveAsOwner: "You are its only owner: without you nobody can give roles or change who may do what.",
  policy: {
    title: "Who may…",
    invite: "Invite people",
    remove: "Remove members",
    circle: { everyone: "Everyone", admins: "Admins" },
    /** By who invites, and who removes. */
    sentence: {
      everyone: {
        everyone: "Everyone invites and removes members.",
        admins: "Everyone invites; admins remove members.",
      },
      admins: {
        everyone: "Admins invite; everyone removes members.",
        admins: "Admins invite and remove members.",
      },
    },
    ownersCount: "Owners give roles and count as admins.",
    failed: "Nothing was changed",
  },
}
