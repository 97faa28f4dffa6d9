from matchbook_local.cli import main

main()
