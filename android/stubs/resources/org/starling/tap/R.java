package org.starling.tap;

/** Stands in for what Android's resource compiler makes of `app/src/main/res`, to compile the app without it. */
final class R {
  private R() {}

  static final class string {
    static final int hint = 0;
    static final int scan = 1;
    static final int pair = 2;
    static final int unpaired = 3;
    static final int paired = 4;
    static final int wrong = 5;
    static final int no_scanner = 6;

    private string() {}
  }
}
