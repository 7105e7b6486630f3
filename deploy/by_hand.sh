#!/usr/bin/env bash
# The pipeline without CloudFormation or Terraform: the commands of AWS's own command line, in their order. What the
# templates add to it: alarms, a dashboard, a schedule, lifecycle rules, keys of your own. docs/deploy.md tells the rest.
#
#   IMAGE=ACCOUNT.dkr.ecr.REGION.amazonaws.com/loadstone@sha256:... DATABASE_SECRET_ARN=arn:aws:secretsmanager:... \
#       AWS_REGION=eu-central-1 deploy/by_hand.sh
#
# Settings, from the environment:
: "${IMAGE:?the image of the function in ECR, by its digest}"
: "${DATABASE_SECRET_ARN:?the secret with user, password, host and dbname}"
: "${AWS_REGION:?the region}"
NAME=${NAME:-loadstone}                       # of everything that is made
LOADS=${LOADS:-5}                             # at a time, at most; 2 or more
SECONDS_PER_LOAD=${SECONDS_PER_LOAD:-120}     # the function's time-out
MEMORY=${MEMORY:-1024}                        # MB
ARCHITECTURE=${ARCHITECTURE:-arm64}           # or x86_64: what the image was built for
SUBNETS=${SUBNETS:-}                          # subnet-1,subnet-2: where the database is in a network of yours
SECURITY_GROUPS=${SECURITY_GROUPS:-}          # sg-1
set -euo pipefail
export AWS_DEFAULT_REGION=$AWS_REGION AWS_PAGER=

settings=$(mktemp)
trap 'rm -f "$settings"' EXIT
account=$(aws sts get-caller-identity --query Account --output text)
bucket=${BUCKET:-$NAME-landing-$account}
partition=$(aws sts get-caller-identity --query Arn --output text | cut -d: -f2)

# 1. A bucket: versions kept, so that an object that is overwritten while it loads is still there; private; TLS alone.
where=()
[[ $AWS_REGION == us-east-1 ]] || where=(--create-bucket-configuration "LocationConstraint=$AWS_REGION")
aws s3api create-bucket --bucket "$bucket" "${where[@]}" >/dev/null
aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
aws s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-bucket-policy --bucket "$bucket" --policy "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\",
    \"Resource\": [\"arn:$partition:s3:::$bucket\", \"arn:$partition:s3:::$bucket/*\"],
    \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}}]}"
# This replaces what a bucket of yours has of notifications: read them first, and send them along.
aws s3api put-bucket-notification-configuration --bucket "$bucket" \
    --notification-configuration '{"EventBridgeConfiguration": {}}'

# 2. Dead letters for what failed five times, kept for two weeks; and the queue. While a load runs nobody else may see
#    its event: six times the function's time-out is what AWS wants.
dead_letters_url=$(aws sqs create-queue --queue-name "$NAME-dead-letters" --query QueueUrl --output text \
    --attributes MessageRetentionPeriod=1209600,SqsManagedSseEnabled=true)
dead_letters=$(aws sqs get-queue-attributes --queue-url "$dead_letters_url" --attribute-names QueueArn \
    --query Attributes.QueueArn --output text)
queue_url=$(aws sqs create-queue --queue-name "$NAME" --query QueueUrl --output text --attributes "{
  \"VisibilityTimeout\": \"$((SECONDS_PER_LOAD * 6))\", \"MessageRetentionPeriod\": \"345600\",
  \"ReceiveMessageWaitTimeSeconds\": \"20\", \"SqsManagedSseEnabled\": \"true\",
  \"RedrivePolicy\": \"{\\\"deadLetterTargetArn\\\": \\\"$dead_letters\\\", \\\"maxReceiveCount\\\": 5}\"}")
queue=$(aws sqs get-queue-attributes --queue-url "$queue_url" --attribute-names QueueArn \
    --query Attributes.QueueArn --output text)

# 3. The rule: what is made and deleted in the bucket goes to the queue, and nothing else may send to it.
rule=$(aws events put-rule --name "$NAME" --query RuleArn --output text --event-pattern "{
  \"source\": [\"aws.s3\"], \"detail-type\": [\"Object Created\", \"Object Deleted\"],
  \"detail\": {\"bucket\": {\"name\": [\"$bucket\"]}}}")
aws sqs set-queue-attributes --queue-url "$queue_url" --attributes "$(printf '{"Policy": "%s"}' "$(printf '%s' "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"events.amazonaws.com\"},
    \"Action\": \"sqs:SendMessage\", \"Resource\": \"$queue\",
    \"Condition\": {\"ArnEquals\": {\"aws:SourceArn\": \"$rule\"}}}]}" | tr -d '\n' | sed 's/"/\\"/g')")"
aws events put-targets --rule "$NAME" --targets "Id=queue,Arn=$queue" >/dev/null

# 4. What is told of loads; subscribe to it by mail, chat or queue.
topic=$(aws sns create-topic --name "$NAME" --query TopicArn --output text)

# 5. The function's role: what it needs, named. A key of your own (KMS) on bucket or secret wants kms:Decrypt besides.
role=$(aws iam create-role --role-name "$NAME" --query Role.Arn --output text --assume-role-policy-document '{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}')
log_group=/aws/lambda/$NAME
aws logs create-log-group --log-group-name "$log_group"
aws logs put-retention-policy --log-group-name "$log_group" --retention-in-days 30
aws iam put-role-policy --role-name "$NAME" --policy-name load --policy-document "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [
    {\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\", \"s3:GetObjectVersion\"],
      \"Resource\": \"arn:$partition:s3:::$bucket/*\"},
    {\"Effect\": \"Allow\", \"Action\": \"s3:ListBucket\", \"Resource\": \"arn:$partition:s3:::$bucket\"},
    {\"Effect\": \"Allow\", \"Resource\": \"$queue\", \"Action\": [\"sqs:ReceiveMessage\", \"sqs:DeleteMessage\",
      \"sqs:ChangeMessageVisibility\", \"sqs:GetQueueAttributes\"]},
    {\"Effect\": \"Allow\", \"Action\": \"sqs:SendMessage\", \"Resource\": \"$dead_letters\"},
    {\"Effect\": \"Allow\", \"Action\": \"sns:Publish\", \"Resource\": \"$topic\"},
    {\"Effect\": \"Allow\", \"Action\": \"secretsmanager:GetSecretValue\", \"Resource\": \"$DATABASE_SECRET_ARN\"},
    {\"Effect\": \"Allow\", \"Action\": [\"logs:CreateLogStream\", \"logs:PutLogEvents\"],
      \"Resource\": \"arn:$partition:logs:$AWS_REGION:$account:log-group:$log_group:*\"}]}"
network=()
if [[ $SUBNETS ]]; then
    aws iam attach-role-policy --role-name "$NAME" \
        --policy-arn "arn:$partition:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    network=(--vpc-config "SubnetIds=$SUBNETS,SecurityGroupIds=$SECURITY_GROUPS")
fi

# 6. The function. A new role is known everywhere only after some seconds: hence the tries.
cat >"$settings" <<JSON
{"Variables": {
  "LOADSTONE_SOURCE": "s3://$bucket/", "LOADSTONE_DATABASE_URL": "secretsmanager://$DATABASE_SECRET_ARN",
  "LOADSTONE_MAX_CONCURRENT_LOADS": "$LOADS", "LOADSTONE_QUEUE_URL": "$queue_url",
  "LOADSTONE_DEAD_LETTERS_URL": "$dead_letters_url", "LOADSTONE_TOPIC_ARN": "$topic"}}
JSON
for try in 1 2 3 4 5 6; do
    aws lambda create-function --function-name "$NAME" --package-type Image --code "ImageUri=$IMAGE" \
        --architectures "$ARCHITECTURE" --memory-size "$MEMORY" --timeout "$SECONDS_PER_LOAD" --role "$role" \
        --environment "file://$settings" "${network[@]}" >/dev/null && break
    [[ $try != 6 ]] || exit 1
    sleep 5
done
aws lambda wait function-active-v2 --function-name "$NAME"

# 7. The queue calls it. Without ReportBatchItemFailures the failures of a batch would be taken for done, and lost.
aws lambda create-event-source-mapping --function-name "$NAME" --event-source-arn "$queue" --batch-size 10 \
    --function-response-types ReportBatchItemFailures --scaling-config "MaximumConcurrency=$LOADS" >/dev/null

cat <<TOLD
bucket        $bucket
queue         $queue_url
dead letters  $dead_letters_url
topic         $topic
function      $NAME

aws s3 cp FILE s3://$bucket/
TOLD
