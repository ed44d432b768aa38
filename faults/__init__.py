"""The proof that the suite can fail: broken platforms, each with the scenarios that must notice.

A fault breaks the platform, never the suite. It is a replaced function, a mutated configuration or a killed
process, applied inside the part it breaks before that part starts; neither the services nor the sandbox know
of it. `faults.catalogue` has them all.
"""
