throw new Error("at the first line");
