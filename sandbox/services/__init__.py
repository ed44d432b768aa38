"""What the platform's containers and its Lambda function run: plain AWS clients that know no sandbox."""
