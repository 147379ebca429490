package org.starling.tap;

import android.content.Context;
import android.content.SharedPreferences;
import java.util.Base64;

/** The peer that this phone is paired with, and the applet that serves it. One in a process, for service and screen. */
final class PairedPeer {
  private static final String FILE = "pairing";
  private static final String CODE = "code";
  private static final String REQUEST = "request";
  private static PairedPeer current;

  private final SharedPreferences kept;
  private final PairingCode pairing;
  private final PeerLine line;
  private final TapApplet applet;

  private PairedPeer(SharedPreferences kept, PairingCode pairing) {
    this.kept = kept;
    this.pairing = pairing;
    line = new PeerLine(pairing);
    applet = new TapApplet(line);
    String request = kept.getString(REQUEST, null);
    if (request != null) applet.offer(Base64.getDecoder().decode(request));
    Thread network = new Thread(this::keepLine, "peer line");
    network.setDaemon(true);
    network.start();
  }

  /** Null where this phone was never paired. */
  static synchronized PairedPeer of(Context context) {
    if (current == null) {
      SharedPreferences kept = preferences(context);
      String code = kept.getString(CODE, null);
      PairingCode known = code == null ? null : PairingCode.parse(code);
      if (known != null) current = new PairedPeer(kept, known);
    }
    return current;
  }

  /** Takes the place of the peer before. */
  static synchronized void pair(Context context, String code, PairingCode pairing) {
    SharedPreferences kept = preferences(context);
    kept.edit().putString(CODE, code).putString(REQUEST, null).commit();
    if (current != null) current.line.close();
    current = new PairedPeer(kept, pairing);
  }

  TapApplet applet() {
    return applet;
  }

  /** Where it is, for people. */
  String address() {
    return pairing.addresses.get(0);
  }

  private void keepLine() {
    try {
      line.run(applet, this::keep);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kept, so that it can be carried to a branch without a network, whatever Android does to the app meanwhile. */
  private void keep(byte[] frame) {
    kept.edit().putString(REQUEST, frame == null ? null : Base64.getEncoder().encodeToString(frame)).commit();
  }

  /** Private to this app, and in no backup. */
  private static SharedPreferences preferences(Context context) {
    return context.getSharedPreferences(FILE, Context.MODE_PRIVATE);
  }
}
