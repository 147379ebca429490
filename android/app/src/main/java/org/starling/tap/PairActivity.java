package org.starling.tap;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.Intent;
import android.os.Bundle;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.TextView;

/** Pairs this phone: with a scanned or pasted code, or one that a peer on this phone sent. The person confirms each. */
public final class PairActivity extends Activity {
  private static final String EXTRA_CODE = "org.starling.tap.CODE";
  /** Of any app that scans, ZXing's interface. */
  private static final String SCAN = "com.google.zxing.client.android.SCAN";
  private static final String SCAN_RESULT = "SCAN_RESULT";
  private static final int SCANNING = 1;

  private EditText code;
  private TextView state;

  @Override
  protected void onCreate(Bundle saved) {
    super.onCreate(saved);
    code = new EditText(this);
    code.setHint(R.string.hint);
    code.setSaveEnabled(false);
    Button scan = new Button(this);
    scan.setText(R.string.scan);
    scan.setOnClickListener(view -> scan());
    Button pair = new Button(this);
    pair.setText(R.string.pair);
    pair.setOnClickListener(view -> pair());
    state = new TextView(this);
    LinearLayout column = new LinearLayout(this);
    column.setOrientation(LinearLayout.VERTICAL);
    column.addView(state);
    column.addView(scan);
    column.addView(code);
    column.addView(pair);
    setContentView(column);
    showState();
    take(getIntent());
  }

  @Override
  protected void onNewIntent(Intent intent) {
    super.onNewIntent(intent);
    take(intent);
  }

  @Override
  protected void onActivityResult(int request, int result, Intent data) {
    if (request == SCANNING && result == RESULT_OK && data != null) code.setText(data.getStringExtra(SCAN_RESULT));
  }

  private void take(Intent intent) {
    String sent = intent.getStringExtra(EXTRA_CODE);
    if (sent == null) return;
    intent.removeExtra(EXTRA_CODE);
    code.setText(sent);
  }

  private void scan() {
    try {
      startActivityForResult(new Intent(SCAN).putExtra("SCAN_MODE", "QR_CODE_MODE"), SCANNING);
    } catch (ActivityNotFoundException e) {
      state.setText(R.string.no_scanner);
    }
  }

  private void pair() {
    String text = code.getText().toString().trim();
    PairingCode pairing = PairingCode.parse(text);
    if (pairing == null) {
      state.setText(R.string.wrong);
      return;
    }
    PairedPeer.pair(this, text, pairing);
    code.setText("");
    showState();
  }

  private void showState() {
    PairedPeer peer = PairedPeer.of(this);
    state.setText(peer == null ? getString(R.string.unpaired) : getString(R.string.paired, peer.address()));
  }
}
