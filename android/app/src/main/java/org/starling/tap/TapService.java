package org.starling.tap;

import android.nfc.cardemulation.HostApduService;
import android.os.Bundle;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The phone as a card: Android hands over what a reader sends. Runs on the main thread, which COMMIT must not hold up. */
public final class TapService extends HostApduService {
  private final ExecutorService commits = Executors.newSingleThreadExecutor();

  @Override
  public void onCreate() {
    super.onCreate();
    PairedPeer.of(this);
  }

  @Override
  public byte[] processCommandApdu(byte[] command, Bundle extras) {
    PairedPeer peer = PairedPeer.of(this);
    if (peer == null) return TapApplet.word(TapApplet.NOT_PAIRED);
    TapApplet applet = peer.applet();
    if (!applet.waitsForPeer(command)) return applet.process(command);
    commits.execute(() -> sendResponseApdu(applet.process(command)));
    return null;
  }

  @Override
  public void onDeactivated(int reason) {
    PairedPeer peer = PairedPeer.of(this);
    if (peer != null) peer.applet().leaveField();
  }

  @Override
  public void onDestroy() {
    commits.shutdown();
    super.onDestroy();
  }
}
