# language: de
Funktionalität: Haken

  @break_before
  Szenario: vor dem Szenario
    Angenommen a camera

  @break_after
  Szenario: nach dem Szenario
    Angenommen a camera

  @break_step
  Szenario: nach dem Schritt
    Angenommen a camera

  @break_cleanup
  Szenario: beim Aufräumen
    Angenommen a camera

  Szenario: ohne Fehler
    Angenommen a camera
