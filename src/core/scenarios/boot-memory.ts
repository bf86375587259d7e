// The boot's guest-physical memory, as QEMU's i440fx with SeaBIOS lays it out, scaled to what the boot touches: slots of
// both address spaces, pages of the process behind them, and where the guest's code and data lie.

export interface BootSlot {
  readonly asId: number;
  readonly slot: number;
  readonly baseGfn: number;
  readonly pages: number;
  readonly hvaPage: number;
}

/** Process pages: low RAM, the PAM window, the BIOS ROM, SMRAM, then main RAM. */
const LOW_PAGES = 0xa0;
const PAM_PAGES = 0x40;
const ROM_PAGES = 0x40;
const SMRAM_PAGES = 0x20;
const HVA_LOW = 0;
const HVA_PAM = HVA_LOW + LOW_PAGES;
const HVA_ROM = HVA_PAM + PAM_PAGES;
const HVA_SMRAM = HVA_ROM + ROM_PAGES;
const HVA_MAIN = HVA_SMRAM + SMRAM_PAGES;

export const GFN = {
  /** Main RAM begins at 1 MiB. */
  main: 0x100,
  /** Data of the phases begins behind the pages that hold their code. */
  data: 0x200,
  /** 0xC0000..0xFFFFF: ROM or RAM, as the PAM registers say. */
  pam: 0xc0,
  smram: 0xa0,
  /** SMBASE 0xA0000: handler and save state. */
  smmCode: 0xa8,
  smmSaveState: 0xaf,
  /** 0xFFFFFFF0, the last page below 4 GiB. */
  resetVector: 0xfffff,
  rom: 0xfffc0,
} as const;

/** Process pages in front of main RAM. */
export const HOST_PAGES_BELOW_MAIN = HVA_MAIN;

/** Slots for `mainPages` of main RAM. The SMM address space sees SMRAM where the normal one sees nothing. */
export function bootSlots(mainPages: number): readonly BootSlot[] {
  const common = (asId: number): BootSlot[] => [
    { asId, slot: 0, baseGfn: 0, pages: LOW_PAGES, hvaPage: HVA_LOW },
    { asId, slot: 1, baseGfn: GFN.main, pages: mainPages, hvaPage: HVA_MAIN },
    { asId, slot: 2, baseGfn: GFN.pam, pages: PAM_PAGES, hvaPage: HVA_PAM },
    { asId, slot: 3, baseGfn: GFN.rom, pages: ROM_PAGES, hvaPage: HVA_ROM },
  ];
  return [
    ...common(0),
    ...common(1),
    { asId: 1, slot: 4, baseGfn: GFN.smram, pages: SMRAM_PAGES, hvaPage: HVA_SMRAM },
  ];
}

/** The slot that a firmware memory update deletes and adds again. */
export const PAM_SLOT = 2;
