// Nothing: nobody signs with a Safe here.
