package android.content;

public class Intent {
  public Intent(String action) {}

  public Intent putExtra(String name, String value) {
    return this;
  }

  public String getStringExtra(String name) {
    return null;
  }

  public void removeExtra(String name) {}
}
